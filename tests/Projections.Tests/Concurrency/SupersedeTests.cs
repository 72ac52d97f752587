using Ledger.Projections.Concurrency;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Streams;
using Ledger.Support;

namespace Ledger.Projections.Tests.Concurrency;

public sealed class SupersedeTests : LedgerTest
{
    private ReadModelHost? daemon;

    [Fact]
    public async Task The_earlier_open_sessions_of_the_group_are_cancelled_and_say_by_whom()
    {
        var queued = await TriggerAsync(Group());
        var running = await StartRunAsync(await ClaimAsync(await TriggerAsync(Group()), "runner-1"), "runner-1");
        var successor = await TriggerAsync(Group(ConflictBehaviour.CancelPrevious));
        await ReactAsync();

        foreach (var session in new[] { queued, running })
        {
            var cancel = (await EventsAsync(session)).OfType<CancelRequested>().ShouldHaveSingleItem();
            cancel.Actor.ShouldBe(Actor.Concurrency);
            cancel.Cause.ShouldBe(CancelCause.Superseded);
            cancel.SupersededBy.ShouldBe(successor.Session.Id);
            cancel.Reason.ShouldBe($"superseded by session {successor.FirstPosition}");
        }

        (await EventsAsync(successor)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Others_are_left_alone()
    {
        var others = new List<SessionSnapshot>
        {
            await ReportAsync(await ClaimAsync(await TriggerAsync(Group()), "runner-1"), "runner-1"),
            await TriggerAsync(Some.Session(Account)),
            await TriggerAsync(Some.Session(Account).InGroup("nightly")),
            await TriggerAsync(Group() with { Project = "shop" }),
            await TriggerAsync(Some.Session(Guid.NewGuid()).InGroup("deploy")),
        };
        await TriggerAsync(Group(ConflictBehaviour.CancelPrevious));
        others.Add(await TriggerAsync(Group()));
        await ReactAsync();

        foreach (var other in others)
        {
            (await EventsAsync(other)).ShouldNotContain(data => data is CancelRequested || data is CancelRefused);
        }
    }

    [Fact]
    public async Task A_session_that_queues_cancels_nothing()
    {
        var first = await TriggerAsync(Group());
        await TriggerAsync(Group());
        await ReactAsync();

        (await EventsAsync(first)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Reacting_to_everything_again_changes_nothing()
    {
        var partly = await TriggerAsync(Group() with { Kind = SessionKind.Test, Runs = [.. Group().Runs, .. Some.Session(Account, checkType: "API").Runs] });
        var never = await TriggerAsync(Some.Session(Account, checkType: "API").InGroup("deploy"));
        var queued = await TriggerAsync(Group());
        await TriggerAsync(Group(ConflictBehaviour.CancelPrevious));
        await TriggerAsync(Group(ConflictBehaviour.CancelPrevious));
        await ReactAsync();
        var before = await FactsAsync(partly, never, queued);

        await ForgetTheReactionAsync();
        await ReactAsync();

        (await FactsAsync(partly, never, queued)).ShouldBe(before);
        (await EventsAsync(partly)).OfType<CancelRequested>().ShouldHaveSingleItem().Targets.Count.ShouldBe(1);
        (await EventsAsync(never)).OfType<CancelRefused>().ShouldHaveSingleItem().Cause.ShouldBe(CancelCause.Superseded);
        (await EventsAsync(queued)).OfType<CancelRequested>().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Triggers_from_before_the_start_are_made_up_for_although_owners_are_killed_meanwhile()
    {
        var sessions = new List<SessionSnapshot>();
        for (var n = 0; n < 30; n++)
        {
            sessions.Add(await TriggerAsync(Group(ConflictBehaviour.CancelPrevious)));
        }

        daemon = await StartReactionAsync(batchSize: 3);
        for (var kill = 0; kill < 3; kill++)
        {
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        await ReactAsync();

        var statuses = (await FoldEverythingAsync()).Select(session => session.Session.Status).ToList();
        statuses.Count(status => status is SessionStatus.Cancelled).ShouldBe(29);
        (await Streams.ReadAsync(sessions[^1].Stream, default))!.Session.IsOpen.ShouldBeTrue();
    }

    private static TriggerSession Group(ConflictBehaviour onConflict = ConflictBehaviour.Queue) =>
        Some.Session(Account).InGroup("deploy", onConflict);

    private Task<ReadModelHost> StartReactionAsync(int? batchSize = null) => StartDaemonAsync(
        "host",
        batchSize,
        [new OpenRunsProjection()],
        progress => new Supersede(progress, DataSource, Messages.Handled(message => CancelPreviousHandler.Handle(
            (CancelPrevious)message, new OpenRunsReader(DataSource), Streams, CancelPolicy.Default, CancellationToken.None))));

    /// <summary>Waits until nothing more happens: the reaction's own events have been gone through as well.</summary>
    private async Task ReactAsync()
    {
        daemon ??= await StartReactionAsync();
        long head;
        do
        {
            head = await Store.ReadHeadAsync(default);
            (await daemon.WaitForAsync(Supersede.ProjectionName, head, Patience)).ShouldBeTrue();
        }
        while (head != await Store.ReadHeadAsync(default));
    }

    private async Task ForgetTheReactionAsync()
    {
        await daemon!.DisposeAsync();
        daemon = null;
        await using var command = DataSource.CreateCommand("delete from ledger.mt_event_progression where name = 'supersede:All'");
        (await command.ExecuteNonQueryAsync()).ShouldBe(1);
    }

    private async Task<IReadOnlyList<int>> FactsAsync(params SessionSnapshot[] sessions)
    {
        var counts = new List<int>();
        foreach (var session in sessions)
        {
            counts.Add((await EventsAsync(session)).Count);
        }

        return counts;
    }
}
