using System.Text.Json;
using Ledger.Projections.Cancellations;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Support;

namespace Ledger.Projections.Tests.Cancellations;

public sealed class CancelsReaderTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid[] checks = [Guid.NewGuid(), Guid.NewGuid()];
    private ReadModelHost? daemon;

    private static Projection[] Both => [new CancellationsProjection(), new CheckResultsProjection()];

    private CancelsReader Reader => new(DataSource);

    private CancellationReportReader Reports => new(DataSource);

    [Fact]
    public async Task Rows_equal_a_recomputation_although_owners_are_killed_and_whatever_the_batches_were()
    {
        daemon = await StartDaemonAsync(7, Both);
        foreach (var lives in Enumerable.Range(0, 48).Select(LiveAsync).Chunk(8))
        {
            await Task.WhenAll(lives);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
            Clock.Advance(TimeSpan.FromMinutes(11));
        }

        await CatchUpAsync();
        var expected = new Recomputation(await Store.ReadAllAsync(0, int.MaxValue, CancellationToken.None)).Entries
            .OrderByDescending(entry => entry.RequestedAt).ThenByDescending(entry => entry.Position).ToList();
        expected.Count.ShouldBeGreaterThan(50);
        Json(await AllAsync(new CancelsQuery(Account) { Limit = 7 })).ShouldBe(Json(expected));
        await ReportsShouldEqualAsync(expected);

        var rows = await DumpAsync();
        await daemon.DisposeAsync();
        foreach (var batchSize in (int[])[1, 100, 5_000])
        {
            await ForgetAsync();
            await using var again = await StartDaemonAsync(batchSize, Both);
            (await again.WaitForHeadAsync(CancelsReader.ProjectionName, Patience)).ShouldBeTrue();
            (await DumpAsync()).ShouldBe(rows, $"batches of {batchSize}");
        }
    }

    [Fact]
    public async Task A_cancelled_run_says_what_it_freed_by_the_results_before_it()
    {
        foreach (var milliseconds in (long[])[10_000, 20_000])
        {
            var session = await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])), Runner);
            await ExecuteAsync(session, (state, now) => ReportResult.Decide(
                state, Some.Result(state.Runs[0].SequenceId, Runner) with { ResponseTime = milliseconds }, now));
        }

        var running = await StartRunAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])), Runner), Runner);
        Clock.Advance(TimeSpan.FromSeconds(4));
        var cancelled = await CancelAsync(running);
        var run = cancelled.Session.Runs[0];
        await ExecuteAsync(cancelled, (state, now) => AbortRun.Decide(
            state,
            new AbortRun(run.SequenceId, run.Cancel!.CancelId, Runner, AbortManner.Graceful, 130, "SIGINT", 12, new(0)),
            now));
        await CatchUpAsync();

        var entry = (await Reader.FindAsync(Account, run.Cancel!.CancelId))!;
        entry.Outcome.ShouldBe(CancelOutcome.Cancelled);
        entry.Runs.ShouldHaveSingleItem().RunnerTimeFreedMs.ShouldBe(11_000);
        (await Reader.FindAsync(Guid.NewGuid(), run.Cancel.CancelId)).ShouldBeNull();

        var report = await Reports.ReadAsync(Account, null, null);
        (report.Metrics.FreedMs, report.Metrics.FreedRuns, report.Metrics.UnknownRuns).ShouldBe((11_000m, 1, 0));
        (await Reports.ReadAsync(Guid.NewGuid(), null, null)).Requests.Total.ShouldBe(0);
    }

    [Fact]
    public async Task A_result_that_claims_the_longest_duration_there_is_stops_nothing()
    {
        for (var n = 0; n < 3; n++)
        {
            var session = await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])), Runner);
            await ExecuteAsync(session, (state, now) => ReportResult.Decide(
                state, Some.Result(state.Runs[0].SequenceId, Runner) with { ResponseTime = long.MaxValue }, now));
            await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: checks[0])));
        }

        await CatchUpAsync();

        (await Reports.ReadAsync(Account, null, null)).Metrics.FreedMs.ShouldBe(3m * long.MaxValue);
    }

    [Fact]
    public async Task A_page_with_very_many_runs_is_shorter_and_the_next_one_goes_on()
    {
        for (var n = 0; n < 3; n++)
        {
            await CancelAsync(await TriggerAsync(Some.Session(Account, SessionKind.Test, runs: 6_000)));
        }

        await CatchUpAsync();
        var page = await Reader.ListAsync(new CancelsQuery(Account) { Limit = 100 });

        page.Entries.ShouldHaveSingleItem().Runs.Count.ShouldBe(6_000);
        page.Next.ShouldNotBeNull();
        (await AllAsync(new CancelsQuery(Account) { Limit = 100 })).Count.ShouldBe(3);
    }

    private async Task LiveAsync(int seed)
    {
        var walk = new RandomWalk(seed);
        var command = Some.Session(
            Account, seed % 5 == 0 ? SessionKind.Test : SessionKind.Check, runs: 3, checkId: checks[seed % 2], timeoutSeconds: seed % 3 == 0 ? 60 : null);
        var session = await TriggerAsync(command with { Project = seed % 4 == 0 ? null : $"project-{seed % 4}" });
        for (var step = 0; step < 40; step++)
        {
            await Streams.ExecuteAsync(
                session.Stream, (state, now) => Decision<Session>.Accept(state, walk.Step(state, now)), EventContext.None);
        }
    }

    /// <summary>Ranges that end anywhere: the sums of hours and days and the rows at the edges give what the rows alone say.</summary>
    private async Task ReportsShouldEqualAsync(IReadOnlyList<CancelEntry> entries)
    {
        var random = new Random(3);
        var first = entries[^1].RequestedAt;
        var last = entries[0].RequestedAt;
        for (var n = 0; n < 40; n++)
        {
            var from = n == 0 ? (DateTimeOffset?)null : first.AddMinutes(random.Next(-30, (int)(last - first).TotalMinutes));
            var to = n == 0 ? (DateTimeOffset?)null : from!.Value.AddMinutes(random.Next(0, 120)).AddTicks(random.Next(100_000) * 10);
            var within = entries.Where(entry => (from is null || entry.RequestedAt >= from) && (to is null || entry.RequestedAt < to)).ToList();

            var report = await Reports.ReadAsync(Account, from, to);

            report.Requests.Total.ShouldBe(within.Count);
            report.Requests.ByCause.Values.Sum().ShouldBe(within.Count);
            report.Requests.ByVia.Values.Sum().ShouldBe(within.Count);
            report.Requests.ByOutcome.ShouldAllBe(outcome => outcome.Value == within.Count(entry => entry.Outcome == outcome.Key));
            var runs = within.SelectMany(entry => entry.Runs).ToList();
            report.Runs.Total.ShouldBe(runs.Count);
            report.Runs.ByOutcome.ShouldAllBe(outcome => outcome.Value == runs.Count(run => run.Outcome == outcome.Key));
            report.Metrics.FreedMs.ShouldBe(runs.Sum(run => run.RunnerTimeFreedMs ?? 0));
            report.Metrics.RequestedToSettled.Count.ShouldBe(runs.Count(run => run.SettledAt is not null));
            report.Metrics.RequestedToSettled.Max.ShouldBe(
                runs.Where(run => run.SettledAt is not null).Max(run => (long?)Latency.Milliseconds(run.RequestedAt, run.SettledAt!.Value)));
        }
    }

    private async Task<IReadOnlyList<CancelEntry>> AllAsync(CancelsQuery query)
    {
        var all = new List<CancelEntry>();
        for (TimeCursor? after = null; ;)
        {
            var page = await Reader.ListAsync(query with { After = after });
            all.AddRange(page.Entries);
            if (page.Next is null)
            {
                return all;
            }

            after = TimeCursor.Parse(page.Next.ToString());
        }
    }

    private Task<string> DumpAsync() => ScalarAsync<string>("""
        select string_agg(line, E'\n') from (
          select (c.*)::text as line from ledger.cancels c
          union all select (r.*)::text from ledger.cancel_runs r
          union all select (u.*)::text from ledger.usual_durations u
          union all select (c.*)::text from ledger.cancel_counts c
          union all select (s.*)::text from ledger.cancel_spans s
          order by line) lines
        """);

    private async Task ForgetAsync()
    {
        await using var command = DataSource.CreateCommand("""
            truncate ledger.cancels, ledger.cancel_runs, ledger.usual_durations, ledger.cancel_counts, ledger.cancel_spans
            """);
        await command.ExecuteNonQueryAsync();
        await ForgetCheckpointsAsync();
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(Both);
        (await daemon.WaitForHeadAsync(CancelsReader.ProjectionName, Patience)).ShouldBeTrue();
    }

    private static string Json(IReadOnlyList<CancelEntry> entries) =>
        string.Join('\n', entries.Select(entry => JsonSerializer.Serialize(entry, CancelJson.Options)));
}
