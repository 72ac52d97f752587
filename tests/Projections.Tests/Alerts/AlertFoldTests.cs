using Ledger.Projections.Alerts;
using Ledger.Projections.CheckResults;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;

namespace Ledger.Projections.Tests.Alerts;

/// <summary>Which run raises which alert (docs/alerts.md), and that cancelled ones raise none (docs/domain.md#rule-7).</summary>
public sealed class AlertFoldTests
{
    private const int Histories = 1_000;

    [Fact]
    public void Alerts_conditions_and_incidents_equal_what_the_streams_say_when_each_run_is_looked_at_as_a_whole()
    {
        var seen = new HashSet<(AlertType, AlertState)>();
        for (var seed = 0; seed < Histories; seed++)
        {
            var world = new RandomWorld(seed);
            var naive = new NaiveAlerts(world.Events);
            var tables = MemoryTables.Of(RandomWorld.ResultsOf(world.Events));

            tables.Alerts.ShouldBe(naive.Alerts, $"seed {seed}");
            tables.Conditions.ShouldBe(naive.Conditions, $"seed {seed}");
            tables.Incidents.ShouldBe(naive.Incidents, $"seed {seed}");
            seen.UnionWith(tables.AlertRows.Select(alert => (alert.Type, alert.State)));
        }

        // The histories reach everything: each type becomes due, each that a failed try or a cancel can decide is so in every state.
        AlertType[] failures = [AlertType.Failure, AlertType.FailureRemain, AlertType.DegradedFailure];
        seen.ShouldBe(
            Enum.GetValues<AlertType>().Select(type => (type, AlertState.Due))
                .Concat(failures.SelectMany(type => ((AlertState[])[AlertState.Pending, AlertState.Suppressed, AlertState.Withdrawn])
                    .Select(state => (type, state)))),
            ignoreOrder: true);
    }

    [Fact]
    public void Batches_that_end_anywhere_make_the_same_rows()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var results = RandomWorld.ResultsOf(new RandomWorld(seed).Events);
            var random = new Random(seed);

            MemoryTables.Of(results, () => random.Next(1, 6)).Everything.ShouldBe(MemoryTables.Of(results).Everything, $"seed {seed}");
        }
    }

    [Fact]
    public void Cancelled_runs_at_any_place_of_any_history_leave_all_that_is_sent_bit_identical_and_add_what_is_suppressed()
    {
        for (var seed = 0; seed < Histories; seed++)
        {
            var random = new Random(seed);
            var counting = RandomWorld.ResultsOf(new RandomWorld(seed).Events);
            var cancelled = Enumerable.Range(1, random.Next(1, 12)).SelectMany(n => CancelledRun(random, counting, n)).ToList();
            var without = MemoryTables.Of(counting);
            var with = MemoryTables.Of([.. counting.Concat(cancelled).OrderBy(result => result.Position)]);

            var added = cancelled.Select(result => result.Run).ToHashSet();
            with.Everything.Where(row => !added.Any(run => row.Contains(run.SequenceId.ToString(), StringComparison.Ordinal)))
                .ShouldBe(without.Everything, $"seed {seed}");
            var silent = with.AlertRows.Where(alert => added.Contains(alert.Result.Run)).ToList();
            silent.ShouldAllBe(alert => alert.State == AlertState.Suppressed && alert.IncidentId == null && alert.Reason != null);
            silent.Count.ShouldBe(added.Count);
        }
    }

    [Fact]
    public void No_alert_is_ever_due_for_a_run_that_was_cancelled_and_none_is_due_before_its_run_is_settled()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var results = RandomWorld.ResultsOf(new RandomWorld(seed).Events);
            for (var cut = 1; cut <= results.Count; cut++)
            {
                var settled = results.Take(cut).Where(result => result is { IsFinal: true, IsCancelled: false }).Select(result => result.Run);
                MemoryTables.Of([.. results.Take(cut)]).AlertRows
                    .Where(alert => alert.State is AlertState.Due).Select(alert => alert.Result.Run)
                    .ShouldBeSubsetOf(settled, $"seed {seed}, cut {cut}");
            }
        }
    }

    [Fact]
    public void What_was_due_stays_as_it_is()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var results = RandomWorld.ResultsOf(new RandomWorld(seed).Events);
            var half = MemoryTables.Of([.. results.Take(results.Count / 2)]).AlertRows.Where(alert => alert.State is not AlertState.Pending);

            half.ShouldBeSubsetOf(MemoryTables.Of(results).AlertRows, $"seed {seed}");
        }
    }

    /// <summary>A run with some failed tries that ends as cancelled, anywhere in the history; positions of its own, between the others.</summary>
    private static IEnumerable<ResultFact> CancelledRun(Random random, IReadOnlyList<ResultFact> history, int number)
    {
        var checks = history.Where(result => result.HasCheck).ToList();
        var (check, place) = checks.Count == 0
            ? (Guid.NewGuid(), "eu")
            : checks.Select(result => (result.CheckId, result.Location)).ElementAt(random.Next(checks.Count));
        var run = new RunKey(RandomWorld.Account, Guid.NewGuid(), Guid.NewGuid());
        var positions = Enumerable.Range(0, random.Next(1, 4)).Select(_ => (1_000L * random.Next(0, 200)) + number).Distinct().Order().ToList();
        return positions.Select(position => new ResultFact(
            position, run, check, CheckTypes.Playwright, place, "Cancelled", DateTimeOffset.UnixEpoch.AddSeconds(position))
        {
            HasFailures = position < positions[^1],
            Outcome = position < positions[^1] ? null : RunState.Cancelled,
            IsCancelled = position == positions[^1],
            CancelId = position == positions[^1] ? Guid.NewGuid() : null,
            Cause = position == positions[^1] ? CancelCause.Superseded : null,
        });
    }
}
