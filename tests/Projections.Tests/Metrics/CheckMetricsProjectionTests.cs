using System.Collections.Immutable;
using System.Numerics;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;

namespace Ledger.Projections.Tests.Metrics;

/// <summary>What is counted of generated histories, cancelled runs beside (docs/dialects/checkly.md#reports, docs/domain.md#p7).</summary>
public sealed class CheckMetricsProjectionTests
{
    private static readonly Guid Account = Guid.NewGuid();
    private static readonly DateTimeOffset Start = new(2026, 3, 28, 20, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_rows_of_thousands_of_sessions_are_what_their_streams_say()
    {
        var checks = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToArray();
        var facts = new List<ResultFact>();
        var runs = new List<(Guid Check, CancelCause? Cause, Run Run)>();
        for (var seed = 0; seed < 2_000; seed++)
        {
            var stream = Live(seed, checks);
            facts.AddRange(FactsOf(stream));
            if (stream.Session.Kind is SessionKind.Check)
            {
                runs.AddRange(stream.Session.Runs.Where(run => !run.IsOpen)
                    .Select(run => (run.Plan.CheckId!.Value, CauseOf(stream.Session, run), run)));
            }
        }

        var rows = CheckMetricsProjection.Sum(facts);

        runs.Count.ShouldBeGreaterThan(1_000);
        foreach (var span in Enum.GetValues<MetricsSpan>())
        {
            var expected = runs.ToLookup(run => (
                run.Check, run.Run.Plan.Location, span.StartOf(run.Run.SettledAt!.Value), run.Run.State, run.Cause));
            var found = rows.Where(row => row.Key.Span == span).ToList();
            found.Count.ShouldBe(expected.Count);
            foreach (var (key, row) in found)
            {
                var these = expected[(key.CheckId, key.Location, key.StartsAt, key.Outcome, key.Cause)].Select(run => run.Run).ToList();
                row.Runs.ShouldBe(these.Count);
                ShouldBe(row.ResponseTimes, key.Outcome is RunState.Cancelled ? [] : [.. these.Select(LengthOf).OfType<long>()]);
            }
        }
    }

    [Fact]
    public void Cancelled_runs_at_any_place_of_any_history_leave_every_other_row_bit_identical()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var random = new Random(seed);
            var counting = Arbitrary(random, cancelled: false).ToList();
            var cancelled = Arbitrary(random, cancelled: true).ToList();
            var history = counting.ToList();
            foreach (var run in cancelled)
            {
                history.Insert(random.Next(history.Count + 1), run);
            }

            var rows = Dump(CheckMetricsProjection.Sum(history));

            rows.Where(row => row.Key.Outcome is not RunState.Cancelled).ToDictionary()
                .ShouldBe(Dump(CheckMetricsProjection.Sum(counting)), ignoreOrder: true, $"seed {seed}");
            var apart = rows.Where(row => row.Key.Outcome is RunState.Cancelled).ToList();
            apart.ShouldAllBe(row => row.Key.Cause != null && row.Value.EndsWith(" 0 0   ", StringComparison.Ordinal));
            CheckMetricsProjection.Sum(history).Where(row => row.Key is { Outcome: RunState.Cancelled, Span: MetricsSpan.Hour })
                .Sum(row => row.Value.Runs).ShouldBe(cancelled.Count);
        }
    }

    [Fact]
    public void Batches_cut_at_any_place_give_the_same_rows()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var history = Arbitrary(random, cancelled: false).Concat(Arbitrary(random, cancelled: true)).ToArray();
            random.Shuffle(history);
            var stored = new Dictionary<MetricsKey, MetricsRow>();
            for (var at = 0; at < history.Length;)
            {
                var size = random.Next(1, 20);
                foreach (var (key, row) in CheckMetricsProjection.Sum(history.Skip(at).Take(size)))
                {
                    if (stored.TryGetValue(key, out var before))
                    {
                        row.Add(before);
                    }

                    stored[key] = row;
                }

                at += size;
            }

            Dump(stored).ShouldBe(Dump(CheckMetricsProjection.Sum(history)), ignoreOrder: true, $"seed {seed}");
        }
    }

    [Fact]
    public void Failed_tries_and_runs_of_no_check_give_no_row() => CheckMetricsProjection.Sum(
    [
        Fact(RunState.Failed, 5) with { Outcome = null },
        Fact(RunState.Passed, 5) with { CheckId = Guid.Empty },
    ]).ShouldBeEmpty();

    [Fact]
    public void A_run_belongs_to_the_hour_and_the_day_in_which_it_was_settled()
    {
        var midnight = new DateTimeOffset(2026, 3, 29, 0, 0, 0, TimeSpan.Zero);
        var settled = midnight.AddHours(14).AddTicks(-1);

        CheckMetricsProjection.Sum([Fact(RunState.Passed, 5) with { CreatedAt = settled, StartedAt = settled.AddHours(-20) }]).Keys
            .Select(key => (key.Span, key.StartsAt)).ShouldBe(
                [(MetricsSpan.Hour, midnight.AddHours(13)), (MetricsSpan.Day, midnight)], ignoreOrder: true);
    }

    private static void ShouldBe(ResponseTimes times, IReadOnlyList<long> values)
    {
        times.Count.ShouldBe(values.Count);
        times.Sum.ShouldBe(values.Aggregate(BigInteger.Zero, (sum, value) => sum + value));
        times.SumOfSquares.ShouldBe(values.Aggregate(BigInteger.Zero, (sum, value) => sum + ((BigInteger)value * value)));
        times.Shortest.ShouldBe(values.Count == 0 ? null : values.Min());
        times.Longest.ShouldBe(values.Count == 0 ? null : values.Max());
        var sorted = values.Order().ToList();
        foreach (var percent in values.Count == 0 ? [] : (int[])[1, 50, 90, 95, 99, 100])
        {
            var exact = sorted[((percent * sorted.Count) + 99) / 100 - 1];
            ((double)Math.Abs(times.Percentile(percent)!.Value - exact)).ShouldBeLessThanOrEqualTo(exact * Histogram.RelativeError);
        }
    }

    private static Dictionary<MetricsKey, string> Dump(Dictionary<MetricsKey, MetricsRow> rows) => rows.ToDictionary(
        row => row.Key,
        row => $"{row.Value.Runs} {row.Value.ResponseTimes.Sum} {row.Value.ResponseTimes.SumOfSquares} {row.Value.ResponseTimes.Shortest} "
            + $"{row.Value.ResponseTimes.Longest} {Convert.ToHexString(row.Value.ResponseTimes.HistogramBytes())}");

    private static RecordedStream Live(int seed, Guid[] checks)
    {
        var random = new Random(seed);
        var walk = new RandomWalk(seed);
        var planned = walk.Trigger(Account);
        var only = checks[random.Next(checks.Length)];
        var stream = new RecordedStream(planned with
        {
            Runs =
            [
                .. planned.Runs.Select(run => run with
                {
                    CheckId = planned.Kind is SessionKind.Check ? only : checks[random.Next(checks.Length)],
                    Location = random.Next(2) == 0 ? "eu-central-1" : "us-east-1",
                }),
            ],
        });
        for (var step = 0; step < 40; step++)
        {
            stream.Add(random.Next(6) > 0 ? walk.Step : (session, now) => ReportResult.Decide(
                session,
                Some.Result(session.Runs[0].SequenceId, "runner-1", hasFailures: random.Next(4) == 0) with
                {
                    ResponseTime = random.NextInt64(1L << random.Next(1, 40)),
                },
                now).Events);
        }

        return stream;
    }

    private static IEnumerable<ResultFact> FactsOf(RecordedStream stream) => stream.Events.Select(ResultFact.Of).OfType<ResultFact>();

    private static CancelCause? CauseOf(Session session, Run run) =>
        run.State is RunState.Cancelled ? session.Cancels[run.Cancel!.CancelId].Cause : null;

    /// <summary>As a reader of the run sees it: what was reported, else the time between its start and its settlement.</summary>
    private static long? LengthOf(Run run) => run.Final is { Settles: true, ResponseTime: { } reported }
        ? reported
        : run.StartedAt is { } started ? run.SettledAt!.Value.ToUnixTimeMilliseconds() - started.ToUnixTimeMilliseconds() : null;

    private static ImmutableArray<ResultFact> Arbitrary(Random random, bool cancelled) =>
    [
        .. Enumerable.Range(0, random.Next(60)).Select(n => Fact(
            cancelled ? RunState.Cancelled : CheckMetricsQuery.AllOutcomes.Except([RunState.Cancelled]).ElementAt(random.Next(5)),
            random.Next(5) == 0 ? null : random.NextInt64(1L << random.Next(1, 50))) with
        {
            Cause = cancelled ? (CancelCause)random.Next(6) : null,
            IsCancelled = cancelled,
            Location = random.Next(2) == 0 ? "eu-central-1" : "us-east-1",
            CreatedAt = Start.AddSeconds(random.Next(40_000)),
        }),
    ];

    private static ResultFact Fact(RunState outcome, long? responseTime) => new(
        1, new RunKey(Account, Guid.NewGuid(), Guid.NewGuid()), Account, "PLAYWRIGHT", "eu-central-1", "Checkout", Start)
    {
        Outcome = outcome,
        ResponseTime = responseTime,
    };
}
