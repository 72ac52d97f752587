using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Projections.Tests.OpenRuns;

public sealed class OpenRunsReaderTests : LedgerTest
{
    private ReadModelHost? daemon;

    private OpenRunsReader Reader => new(DataSource);

    [Fact]
    public async Task Queued_runs_of_the_locations_and_types_asked_for_are_claimable_oldest_first()
    {
        var first = await TriggerAsync(Some.Session(Account, runs: 2));
        var second = await TriggerAsync(Some.Session(Account, location: "us-east-1", checkType: "API"));
        await TriggerAsync(Some.Session(Account, location: "mars"));
        await TriggerAsync(Some.Session(Account, checkType: "BROWSER"));
        await TriggerAsync(Some.Session(Guid.NewGuid()));

        (await ClaimableAsync(["us-east-1", "eu-central-1"], ["API", CheckTypes.Playwright])).ShouldBe([.. Runs(first), .. Runs(second)]);
        (await Reader.ClaimableAsync(Account, ["eu-central-1"], [CheckTypes.Playwright], 1)).Select(run => run.SequenceId).ShouldBe(Runs(first)[..1]);
        (await ClaimableAsync([], [])).ShouldBeEmpty();
        (await ClaimableAsync(["us-east-1"], [])).ShouldBe(Runs(second));
    }

    [Fact]
    public async Task A_run_that_somebody_has_is_not_claimable()
    {
        var session = await TriggerAsync(Some.Session(Account, runs: 2));
        await ClaimAsync(session, "runner-1");

        (await ClaimableAsync()).ShouldBe(Runs(session)[1..]);
    }

    [Fact]
    public async Task A_run_waits_while_an_earlier_session_of_its_group_is_open()
    {
        var first = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        var second = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        var third = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        var otherGroup = await TriggerAsync(Some.Session(Account).InGroup("nightly"));
        var otherProject = await TriggerAsync(Some.Session(Account).InGroup("deploy") with { Project = "shop" });
        await ClaimAsync(first, "runner-1");

        (await ClaimableAsync()).ShouldBe([.. Runs(otherGroup), .. Runs(otherProject)]);

        await ReportAsync(first, "runner-1");
        (await ClaimableAsync()).ShouldBe([.. Runs(second), .. Runs(otherGroup), .. Runs(otherProject)]);

        await CancelAsync(second);
        (await ClaimableAsync()).ShouldBe([.. Runs(third), .. Runs(otherGroup), .. Runs(otherProject)]);
    }

    [Fact]
    public async Task Everything_that_is_still_to_be_stopped_is_told_to_the_runner_that_has_it()
    {
        var mine = await StartedAsync("runner-1");
        var acknowledged = await StartedAsync("runner-1");
        await StartedAsync("runner-1");
        await CancelAsync(await StartedAsync("runner-2"));
        mine = await CancelAsync(mine);
        Clock.Advance(TimeSpan.FromSeconds(1));
        acknowledged = await CancelAsync(acknowledged);
        await ExecuteAsync(acknowledged, (state, now) => AcknowledgeCancel.Decide(
            state, new AcknowledgeCancel(state.Runs[0].SequenceId, state.Runs[0].Cancel!.CancelId, "runner-1"), now));
        await ExecuteAsync(mine, (state, now) => RequestCancel.Decide(state, Some.Cancel(force: true), CancelPolicy.Default, now));
        await CatchUpAsync();

        (await Reader.OpenCancelsAsync(Account, "runner-1")).ShouldBe(
        [
            OpenCancelOf(mine, forced: true, acknowledged: false),
            OpenCancelOf(acknowledged, forced: false, acknowledged: true),
        ]);
        (await Reader.OpenCancelsAsync(Guid.NewGuid(), "runner-1")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_cancel_is_open_no_longer_once_its_run_is_settled()
    {
        var session = await CancelAsync(await StartedAsync("runner-1"));
        await ReportAsync(session, "runner-1");
        await CatchUpAsync();

        (await Reader.OpenCancelsAsync(Account, "runner-1")).ShouldBeEmpty();
    }

    [Fact]
    public async Task The_sessions_of_a_group_before_another_are_those_that_are_open_still()
    {
        var settled = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        var first = await TriggerAsync(Some.Session(Account, runs: 3).InGroup("deploy"));
        await TriggerAsync(Some.Session(Account).InGroup("deploy") with { Project = "shop" });
        await TriggerAsync(Some.Session(Guid.NewGuid()).InGroup("deploy"));
        var second = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        var last = await TriggerAsync(Some.Session(Account).InGroup("deploy"));
        await CancelAsync(settled);
        await CatchUpAsync();

        GroupPlace[] places = [new(Account, null, "deploy", first.FirstPosition), new(Account, null, "deploy", last.FirstPosition)];
        (await Reader.OpenSessionsOfGroupsAsync(places, default)).ShouldBe([(1, first.Session.Id), (1, second.Session.Id)]);
    }

    private async Task<SessionSnapshot> StartedAsync(string runner) =>
        await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account)), runner), runner);

    private static OpenCancel OpenCancelOf(SessionSnapshot session, bool forced, bool acknowledged)
    {
        var run = session.Session.Runs[0];
        return new OpenCancel(run.Cancel!.CancelId, session.Session.Id, run.SequenceId, forced, acknowledged, run.Cancel.RequestedAt);
    }

    private static Guid[] Runs(SessionSnapshot session) => [.. session.Session.Runs.Select(run => run.SequenceId)];

    private Task<IEnumerable<Guid>> ClaimableAsync() => ClaimableAsync(["eu-central-1"], [CheckTypes.Playwright]);

    private async Task<IEnumerable<Guid>> ClaimableAsync(IReadOnlyCollection<string> locations, IReadOnlyCollection<string> types)
    {
        await CatchUpAsync();
        return (await Reader.ClaimableAsync(Account, locations, types, 100)).Select(run => run.SequenceId);
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(new OpenRunsProjection());
        (await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, Patience)).ShouldBeTrue();
    }
}
