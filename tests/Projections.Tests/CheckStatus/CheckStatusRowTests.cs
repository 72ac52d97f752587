using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;

namespace Ledger.Projections.Tests.CheckStatus;

/// <summary>
/// A cancelled run leaves the status of its check untouched (docs/domain.md#rule-7, docs/dialects/checkly.md#check-statuses).
/// </summary>
public sealed class CheckStatusRowTests
{
    private static readonly CheckKey Check = new(Guid.NewGuid(), Guid.NewGuid());
    private static readonly DateTimeOffset Start = new(2026, 8, 18, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_last_run_gives_the_flags_and_all_of_them_the_longest_and_the_shortest()
    {
        var status = Fold([Run(1, 22_100), Run(2, 41_230, hasFailures: true), Run(3, null), Run(4, 30_000, isDegraded: true)])!;

        (status.LastPosition, status.IsDegraded, status.HasFailures).ShouldBe((4, true, false));
        (status.LongestRun, status.ShortestRun).ShouldBe((41_230, 22_100));
        status.CreatedAt.ShouldBe(Start.AddSeconds(1));
    }

    [Fact]
    public void Runs_without_a_length_give_none() => Fold([Run(1, null), Run(2, null)])!.LongestRun.ShouldBeNull();

    [Fact]
    public void Only_cancelled_runs_give_no_status_at_all() => Fold([Cancelled(1, 5), Cancelled(2, 900_000)]).ShouldBeNull();

    [Fact]
    public void Cancelled_runs_at_any_place_of_any_history_change_nothing()
    {
        for (var seed = 0; seed < 1_000; seed++)
        {
            var random = new Random(seed);
            var counting = Enumerable.Range(1, random.Next(12))
                .Select(n => Run(2 * n, random.Next(4) == 0 ? null : random.Next(100_000), random.Next(2) == 0, random.Next(2) == 0))
                .ToList();
            var history = counting.ToList();
            for (var i = random.Next(1, 12); i > 0; i--)
            {
                history.Insert(random.Next(history.Count + 1), Cancelled((2 * i) + 1, random.Next(200_000)));
            }

            Fold(history).ShouldBe(Fold(counting), $"seed {seed}");
        }
    }

    [Fact]
    public void A_cancelled_run_is_not_even_written()
    {
        var rows = new Rows<CheckKey, CheckStanding>();
        rows.Load(Check, Fold([Run(1, 10)])!);

        CheckStatusProjection.Apply(Cancelled(2, 99), rows);
        rows.Changed.ShouldBeEmpty();

        CheckStatusProjection.Apply(Run(3, 5), rows);
        rows.Changed.ShouldHaveSingleItem().Value.ShortestRun.ShouldBe(5);
    }

    private static CheckStanding? Fold(IEnumerable<ResultFact> runs)
    {
        var rows = new Rows<CheckKey, CheckStanding>();
        foreach (var run in runs)
        {
            CheckStatusProjection.Apply(run, rows);
        }

        return rows.Find(Check);
    }

    private static ResultFact Cancelled(long position, long responseTime) =>
        Run(position, responseTime) with { IsCancelled = true, Outcome = RunState.Cancelled };

    private static ResultFact Run(long position, long? responseTime, bool hasFailures = false, bool isDegraded = false) => new(
        position,
        new RunKey(Check.AccountId, Guid.NewGuid(), Guid.NewGuid()),
        Check.CheckId,
        "PLAYWRIGHT",
        "eu-central-1",
        $"Run {position}",
        Start.AddSeconds(position))
    {
        Outcome = hasFailures ? RunState.Failed : isDegraded ? RunState.Degraded : RunState.Passed,
        HasFailures = hasFailures,
        IsDegraded = isDegraded,
        ResponseTime = responseTime,
    };
}
