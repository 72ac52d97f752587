using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Projections.Tests.Metrics;

public sealed class CheckMetricsReaderTests : LedgerTest
{
    private const string Runner = "runner-1";

    private readonly Guid check = Guid.NewGuid();
    private readonly List<Settled> settled = [];
    private ReadModelHost? daemon;

    private CheckMetricsReader Reader => new(DataSource);

    [Fact]
    public async Task Any_range_of_time_adds_up_to_what_its_runs_say()
    {
        var random = new Random(1);
        for (var i = 0; i < 120; i++)
        {
            Clock.Advance(TimeSpan.FromSeconds(random.Next(3_600)));
            await LiveAsync(random);
        }

        await CatchUpAsync();
        var (first, last) = (settled[0].At, settled[^1].At);
        for (var seed = 0; seed < 40; seed++)
        {
            var bounds = Enumerable.Range(0, random.Next(2, 6)).Select(_ => Arbitrary(random, first, last)).Distinct().Order().ToList();
            var byLocation = random.Next(2) == 0;
            var outcomes = random.Next(2) == 0 ? CheckMetricsQuery.AllOutcomes : [RunState.Passed, RunState.Cancelled];

            var found = await ReadAsync(new CheckMetricsQuery(Account, [check, Guid.NewGuid()], bounds)
            {
                ByLocation = byLocation,
                Outcomes = outcomes,
            });

            var expected = settled
                .Where(run => run.At >= bounds[0] && run.At < bounds[^1] && outcomes.Contains(run.Outcome))
                .GroupBy(run => (bounds.FindLastIndex(bound => bound <= run.At), byLocation ? run.Location : null))
                .OrderBy(runs => runs.Key.Item1).ThenBy(runs => runs.Key.Item2, StringComparer.Ordinal)
                .ToList();
            found.Select(runs => (runs.Bucket, runs.Location)).ShouldBe(expected.Select(runs => runs.Key), $"seed {seed}");
            foreach (var (runs, these) in found.Zip(expected))
            {
                ShouldBe(runs.Metrics, [.. these]);
            }
        }
    }

    [Fact]
    public async Task Cancelled_runs_stand_apart_and_write_no_other_row()
    {
        await RunAsync(100);
        var before = await DumpAsync();

        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));
        await ReportAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, SessionKind.Test, checkId: check)), Runner), Runner);

        (await DumpAsync()).ShouldBe(before);
        var metrics = (await ReadAllAsync()).ShouldHaveSingleItem().Metrics;
        (metrics.Runs, metrics.Cancelled, metrics.CancelledByCause[CancelCause.User], metrics.SuccessRatio).ShouldBe((1, 1, 1, 100m));
        metrics.CancelledByCause.Values.Sum().ShouldBe(metrics.Cancelled);
    }

    [Fact]
    public async Task Only_cancelled_runs_have_no_ratio_and_no_response_time()
    {
        await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: check)));

        var metrics = (await ReadAllAsync()).ShouldHaveSingleItem().Metrics;
        (metrics.Runs, metrics.Cancelled, metrics.SuccessRatio, metrics.ResponseTimes.Average).ShouldBe((0, 1, null, null));
    }

    [Fact]
    public async Task Checks_are_listed_by_id_on_the_days_that_they_ran_and_for_their_account()
    {
        var others = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToList();
        foreach (var other in others)
        {
            await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: other)));
        }

        await CancelAsync(await TriggerAsync(Some.Session(Guid.NewGuid())));
        var tomorrow = Clock.UtcNow.AddDays(1);
        await CatchUpAsync();
        Clock.Advance(TimeSpan.FromDays(1));
        await RunAsync(5);
        await CatchUpAsync();

        (await Reader.ListChecksAsync(Account, tomorrow.AddDays(-1), CheckMetricsQuery.Unbounded, Guid.Empty, 10))
            .ShouldBe(others.Append(check).Order());
        (await Reader.ListChecksAsync(Account, tomorrow, CheckMetricsQuery.Unbounded, Guid.Empty, 10)).ShouldBe([check]);
        (await Reader.ListChecksAsync(Account, tomorrow.AddDays(-1), tomorrow.AddDays(-1).AddSeconds(1), others.Order().First(), 2))
            .ShouldBe(others.Order().Skip(1).Take(2));
    }

    [Fact]
    public async Task Numbers_as_large_as_they_come_are_added_up_exactly()
    {
        await RunAsync(long.MaxValue);
        await CatchUpAsync();
        await RunAsync(long.MaxValue);

        var times = (await ReadAllAsync()).ShouldHaveSingleItem().Metrics.ResponseTimes;
        times.Sum.ShouldBe(2 * (System.Numerics.BigInteger)long.MaxValue);
        times.Average.ShouldBe(long.MaxValue);
        times.Deviation.ShouldBe(0);
    }

    [Fact]
    public async Task More_checks_than_one_query_asks_for_come_once_each_and_a_reader_may_leave_early()
    {
        var checks = Enumerable.Range(0, 120).Select(_ => Guid.NewGuid()).Order().ToList();
        foreach (var each in checks)
        {
            await CancelAsync(await TriggerAsync(Some.Session(Account, checkId: each)));
        }

        await CatchUpAsync();
        var query = new CheckMetricsQuery(Account, checks, [DateTimeOffset.UnixEpoch, CheckMetricsQuery.Unbounded]);

        (await ReadAsync(query)).Select(runs => (runs.CheckId, runs.Metrics.Cancelled)).ShouldBe(checks.Select(each => (each, 1L)));

        (await Reader.ReadAsync(query).FirstAsync()).CheckId.ShouldBe(checks[0]);
        (await ScalarAsync<long>("select count(*) from pg_stat_activity where state = 'active' and query like '%check_metrics%' and pid <> pg_backend_pid()"))
            .ShouldBe(0);
    }

    [Fact]
    public async Task Nothing_is_asked_of_no_check() => (await ReadAsync(
        new CheckMetricsQuery(Account, [], [Clock.UtcNow, CheckMetricsQuery.Unbounded]))).ShouldBeEmpty();

    private static DateTimeOffset Arbitrary(Random random, DateTimeOffset first, DateTimeOffset last)
    {
        var time = first.AddTicks(random.NextInt64((last - first).Ticks));
        return random.Next(3) switch
        {
            0 => MetricsSpan.Day.StartOf(time),
            1 => MetricsSpan.Hour.StartOf(time),
            _ => new DateTimeOffset(time.UtcTicks - (time.UtcTicks % TimeSpan.TicksPerSecond), TimeSpan.Zero),
        };
    }

    private static void ShouldBe(RunMetrics metrics, IReadOnlyList<Settled> runs)
    {
        (metrics.Passed, metrics.Failed, metrics.Lost, metrics.Cancelled).ShouldBe((
            Count(RunState.Passed), Count(RunState.Failed), Count(RunState.Lost), Count(RunState.Cancelled)));
        metrics.Runs.ShouldBe(runs.Count - Count(RunState.Cancelled));
        metrics.CancelledByCause.Values.Sum().ShouldBe(metrics.Cancelled);
        var times = runs.Select(run => run.ResponseTime).OfType<long>().Order().ToList();
        (metrics.ResponseTimes.Count, metrics.ResponseTimes.Sum).ShouldBe((times.Count, times.Sum()));
        metrics.ResponseTimes.SumOfSquares.ShouldBe(times.Sum(time => time * time));
        (metrics.ResponseTimes.Shortest, metrics.ResponseTimes.Longest).ShouldBe(times.Count == 0 ? (null, null) : (times[0], times[^1]));
        if (times.Count > 0)
        {
            var exact = times[((95 * times.Count) + 99) / 100 - 1];
            ((double)Math.Abs(metrics.ResponseTimes.Percentile(95)!.Value - exact)).ShouldBeLessThanOrEqualTo(exact * Histogram.RelativeError);
        }

        long Count(RunState outcome) => runs.Count(run => run.Outcome == outcome);
    }

    /// <summary>A session that is settled in one of several ways, and what it adds.</summary>
    private async Task LiveAsync(Random random)
    {
        var location = random.Next(2) == 0 ? "eu-central-1" : "us-east-1";
        var triggered = await TriggerAsync(Some.Session(Account, location: location, checkId: check));
        if (random.Next(4) == 0)
        {
            Remember(await CancelAsync(triggered), null);
            return;
        }

        var claimed = await ClaimAsync(triggered, Runner);
        if (random.Next(6) == 0)
        {
            var begun = await StartRunAsync(claimed, Runner);
            Remember(await ExecuteAsync(begun, (state, now) => LoseRun.Decide(state, new LoseRun(state.Runs[0].SequenceId, Runner), now)), 0);
            return;
        }

        var time = random.NextInt64(100_000);
        Remember(await ReportTimeAsync(claimed, time, random.Next(3) == 0), time);

        void Remember(SessionSnapshot session, long? responseTime)
        {
            var run = session.Session.Runs[0];
            settled.Add(new Settled(run.SettledAt!.Value, run.State, location, responseTime));
        }
    }

    private async Task RunAsync(long responseTime) =>
        await ReportTimeAsync(await ClaimAsync(await TriggerAsync(Some.Session(Account, checkId: check)), Runner), responseTime);

    private Task<SessionSnapshot> ReportTimeAsync(SessionSnapshot session, long responseTime, bool hasFailures = false) => ExecuteAsync(
        session,
        (state, now) => ReportResult.Decide(
            state, Some.Result(state.Runs[0].SequenceId, Runner, hasFailures: hasFailures) with { ResponseTime = responseTime }, now));

    private async Task<IReadOnlyList<MeasuredRuns>> ReadAllAsync()
    {
        await CatchUpAsync();
        return await ReadAsync(new CheckMetricsQuery(Account, [check], [DateTimeOffset.UnixEpoch, CheckMetricsQuery.Unbounded]));
    }

    private async Task<IReadOnlyList<MeasuredRuns>> ReadAsync(CheckMetricsQuery query)
    {
        var found = new List<MeasuredRuns>();
        await foreach (var runs in Reader.ReadAsync(query))
        {
            found.Add(runs);
        }

        return found;
    }

    /// <summary>Every row that is not of cancelled runs, with what says whether it was written.</summary>
    private async Task<string> DumpAsync()
    {
        await CatchUpAsync();
        return await ScalarAsync<string>(
            "select string_agg(concat(m.xmin, m.ctid, m.*::text), E'\\n' order by m.ctid) from ledger.check_metrics m where outcome <> 'cancelled'");
    }

    private async Task CatchUpAsync()
    {
        daemon ??= await StartDaemonAsync(new CheckMetricsProjection(), new CheckResultsProjection());
        (await daemon.WaitForHeadAsync(CheckMetricsReader.ProjectionName, Patience)).ShouldBeTrue();
        (await daemon.WaitForHeadAsync(CheckResultsReader.ProjectionName, Patience)).ShouldBeTrue();
    }

    private sealed record Settled(DateTimeOffset At, RunState Outcome, string Location, long? ResponseTime);
}
