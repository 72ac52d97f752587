using System.Text.Json;
using Ledger.Projections.RunDays;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;
using Ledger.Support;

namespace Ledger.Projections.Tests.RunDays;

/// <summary>The SQL against the database.</summary>
public sealed class RunDaysReaderTests : LedgerTest
{
    private static readonly DateOnly Day = new(2026, 1, 15);

    private ReadModelHost? daemon;

    private RunDaysReader Reader => new(DataSource);

    [Fact]
    public async Task Runs_are_counted_on_the_day_of_their_trigger_and_found_by_place()
    {
        var late = await TriggerAsync("shop", "staging", "main");
        Clock.Advance(TimeSpan.FromDays(1));
        await ReportAsync(await ClaimAsync(late, "r"), "r");
        await ReportAsync(await ClaimAsync(await TriggerAsync("shop", "production", "main"), "r"), "r", hasFailures: true);
        await CancelAsync(await TriggerAsync("shop", null, null));
        await ReportAsync(await ClaimAsync(await TriggerAsync(null, "staging", "main"), "r"), "r");

        await ShouldBeAsync(Query("shop"), (Day, new() { Passed = 1 }), (Day.AddDays(1), new() { Failed = 1, Cancelled = 1 }));
        await ShouldBeAsync(Query("shop") with { From = Day.AddDays(1) }, (Day.AddDays(1), new() { Failed = 1, Cancelled = 1 }));
        await ShouldBeAsync(Query("shop") with { Branch = "main" }, (Day, new() { Passed = 1 }), (Day.AddDays(1), new() { Failed = 1 }));
        await ShouldBeAsync(Query("shop") with { Environments = ["staging"] }, (Day, new() { Passed = 1 }));
        await ShouldBeAsync(Query("shop") with { Environments = [] });
        await ShouldBeAsync(Query(null), (Day.AddDays(1), new() { Passed = 1 }));
        await ShouldBeAsync(Query("shop") with { AccountId = Guid.NewGuid() });
        (await Reader.EnvironmentsAsync(Query("shop"))).Order().ShouldBe(["production", "staging"]);
    }

    [Fact]
    public async Task Names_of_any_length_are_counted()
    {
        // Random, so that no compression makes it fit into an index.
        var name = string.Concat(Enumerable.Range(0, 400).Select(_ => Guid.NewGuid().ToString("N")));
        await ReportAsync(await ClaimAsync(await TriggerAsync(null, name, name), "r"), "r");
        await ReportAsync(await ClaimAsync(await TriggerAsync(null, name, name), "r"), "r");

        await ShouldBeAsync(Query(null) with { Branch = name, Environments = [name] }, (Day, new() { Passed = 2 }));
    }

    [Fact]
    public async Task Days_equal_a_recount_although_owners_are_killed_again_and_again()
    {
        daemon = await StartDaemonAsync(7, new RunDaysProjection());
        for (var round = 0; round < 5; round++)
        {
            await Task.WhenAll(Enumerable.Range(8 * round, 8).Select(LiveAsync));
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        var sessions = await FoldEverythingAsync();
        var counts = (await ReadAsync(Query("shop"))).ShouldHaveSingleItem().Counts;
        counts.Passed.ShouldBe(Count(RunState.Passed, RunState.Degraded));
        counts.Failed.ShouldBe(Count(RunState.Failed));
        counts.Error.ShouldBe(Count(RunState.Lost, RunState.TimedOut));
        counts.Cancelled.ShouldBe(Count(RunState.Cancelled));

        long Count(params RunState[] states) => sessions.Count(each => states.Contains(each.Session.Runs[0].State));
    }

    private static RunDaysQuery Query(string? project) => new(Account, project, Day, Day.AddDays(30));

    private async Task LiveAsync(int seed)
    {
        var walk = new RandomWalk(seed);
        var session = await TriggerAsync("shop", "staging", $"branch-{seed % 3}");
        for (var step = 0; step < 20; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    private Task<SessionSnapshot> TriggerAsync(string? project, string? environment, string? branch) =>
        TriggerAsync(Some.Session(Account, SessionKind.Run, timeoutSeconds: 60) with
        {
            Project = project,
            Metadata = JsonSerializer.SerializeToElement(new { environment, branchName = branch }),
        });

    private async Task ShouldBeAsync(RunDaysQuery query, params (DateOnly Day, RunDayCounts Counts)[] expected) =>
        (await ReadAsync(query)).Select(day => (day.Day, day.Counts)).ShouldBe(expected);

    private async Task<IReadOnlyList<RunDay>> ReadAsync(RunDaysQuery query)
    {
        daemon ??= await StartDaemonAsync(new RunDaysProjection());
        (await daemon.WaitForHeadAsync(RunDaysReader.ProjectionName, Patience)).ShouldBeTrue();
        return await Reader.ReadAsync(query);
    }
}
