using System.Text.Json;
using Ledger.Projections.Cancellations;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Cancellations;

public sealed class CancelFoldTests
{
    [Fact]
    public void Rows_say_what_the_sessions_themselves_say()
    {
        var outcomes = new HashSet<CancelOutcome>();
        for (var seed = 0; seed < 60; seed++)
        {
            var history = new History(seed, sessions: 50, steps: 1_500);

            var entries = EntriesOf(Fold(history.Events));

            Json(entries).ShouldBe(Json(new Recomputation(history.Events).Entries), $"seed {seed}");
            outcomes.UnionWith(entries.Select(entry => entry.Outcome));
        }

        outcomes.ShouldBe(Enum.GetValues<CancelOutcome>(), ignoreOrder: true);
    }

    [Fact]
    public void Numbers_are_those_of_the_rows_and_the_sum_over_each_word_is_the_total()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var history = new History(seed, sessions: 50, steps: 1_500);

            var fold = Fold(history.Events);

            var rows = fold.Runs.Added.Select(run => (run.Key.AccountId, Run: run.Value, Cancel: fold.Cancels.Get(
                new CancelKey(run.Key.AccountId, run.Key.SessionId, run.Value.CancelId)))).ToList();
            var expected = fold.Cancels.Added
                .Where(cancel => cancel.Value.Outcome is not CancelOutcome.Pending)
                .SelectMany(cancel => SpanKey.Of(cancel.Key.AccountId, cancel.Value.RequestedAt).Select(span => new CountKey(
                    span, CountSubject.Request, cancel.Value.Cause, cancel.Value.Via, Words<CancelOutcome>.Of(cancel.Value.Outcome))))
                .Concat(rows
                    .Where(row => row.Run.IsSettled)
                    .SelectMany(row => SpanKey.Of(row.AccountId, row.Cancel.RequestedAt).Select(span => new CountKey(
                        span, CountSubject.Run, row.Cancel.Cause, row.Cancel.Via, Words<CancelRunOutcome>.Of(row.Run.Outcome)))))
                .CountBy(key => key)
                .ToDictionary(count => count.Key, count => (long)count.Value);
            fold.Counts.OrderBy(count => count.Key.ToString(), StringComparer.Ordinal)
                .ShouldBe(expected.OrderBy(count => count.Key.ToString(), StringComparer.Ordinal));

            foreach (var (span, metrics) in fold.Spans)
            {
                var settled = rows.Where(row => row.Run.IsSettled && SpanKey.Of(row.AccountId, row.Cancel.RequestedAt).Contains(span)).ToList();
                var took = settled.Select(row => Latency.Milliseconds(row.Cancel.RequestedAt, row.Run.SettledAt!.Value)).Order().ToList();
                metrics.RequestedToSettled.Count.ShouldBe(took.Count);
                metrics.RequestedToSettled.Max.ShouldBe(took[^1]);
                var median = took[((took.Count + 1) / 2) - 1];
                ((double)metrics.RequestedToSettled.Percentile(50)!).ShouldBe(median, (median * 0.01) + 0.5);
                metrics.DeliveredToAcknowledged.Count.ShouldBe(
                    settled.Count(row => row.Run.DeliveredAt is not null && row.Run.AcknowledgedAt is not null));
                metrics.FreedMs.ShouldBe(settled.Sum(row => row.Run.FreedMs ?? 0));
                (metrics.FreedRuns + metrics.UnknownRuns).ShouldBe(settled.Count(row => row.Run.State is RunState.Cancelled));
            }

            fold.Spans.Where(span => span.Key.Span is MetricsSpan.Day).Sum(span => span.Value.FreedMs)
                .ShouldBe(fold.Spans.Where(span => span.Key.Span is MetricsSpan.Hour).Sum(span => span.Value.FreedMs));
        }
    }

    [Fact]
    public void An_expired_run_frees_nothing_that_is_known_and_one_that_finished_first_nothing_at_all()
    {
        var run = new CancelRunRow(Guid.NewGuid(), 1, 0, new TargetedRun(null, "PLAYWRIGHT", "Run", "eu", 60, null));
        var at = new DateTimeOffset(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

        run.Freed(usual: null, at).ShouldBe(60_000);
        run.Freed(usual: 20_000, at).ShouldBe(20_000);
        (run with { Plan = run.Plan with { StartedAt = at.AddSeconds(-15) } }).Freed(20_000, at).ShouldBe(5_000);
        (run with { Plan = run.Plan with { StartedAt = at.AddSeconds(-25) } }).Freed(20_000, at).ShouldBe(0);
        (run with { Plan = run.Plan with { TimeoutSeconds = null } }).Freed(null, at).ShouldBeNull();

        var metrics = new SpanMetrics();
        metrics.Add(at, null, null, null, at, CancelRunOutcome.Expired, null);
        metrics.Add(at, null, null, null, at, CancelRunOutcome.Finished, null);
        metrics.Add(at, null, null, null, at, CancelRunOutcome.Cancelled, null);
        metrics.Add(at, null, null, null, at, CancelRunOutcome.Cancelled, 7);
        (metrics.FreedMs, metrics.FreedRuns, metrics.UnknownRuns).ShouldBe((7m, 1, 2));
    }

    [Theory]
    [InlineData(0, 0, 0, 0, CancelOutcome.Refused)]
    [InlineData(2, 1, 0, 0, CancelOutcome.Pending)]
    [InlineData(2, 0, 1, 0, CancelOutcome.Pending)]
    [InlineData(2, 2, 0, 0, CancelOutcome.Cancelled)]
    [InlineData(2, 0, 0, 2, CancelOutcome.Finished)]
    [InlineData(2, 1, 0, 1, CancelOutcome.PartlyCancelled)]
    [InlineData(3, 1, 1, 1, CancelOutcome.Expired)]
    public void The_outcome_of_a_request_follows_from_its_runs(int targets, int cancelled, int expired, int finished, CancelOutcome outcome) =>
        new CancelRow(1, default, CancelCause.User, CancelVia.Ledger, targets) { Cancelled = cancelled, Expired = expired, Finished = finished }
            .Outcome.ShouldBe(outcome);

    private static CancelFold Fold(IReadOnlyList<RecordedEvent> events)
    {
        var fold = new CancelFold();
        var results = Recomputation.ResultsOf(events).Where(CancellationsProjection.Counts).ToDictionary(result => result.Position);
        var sessions = new Dictionary<StreamId, SessionFacts>();
        foreach (var recorded in events)
        {
            if (recorded.Data is SessionTriggered triggered)
            {
                sessions[recorded.Stream] = new SessionFacts(triggered.Kind, triggered.Project, triggered.Name, triggered.Runs.ToDictionary(
                    run => run.SequenceId,
                    run => new TargetedRun(run.CheckId, run.CheckType, run.Name, run.Location, run.TimeoutSeconds, null)));
            }
            else if (recorded.Data is RunStarted started)
            {
                var session = sessions[recorded.Stream];
                var run = session.Runs[started.SequenceId] with { StartedAt = started.At };
                sessions[recorded.Stream] = session with
                {
                    Runs = new Dictionary<Guid, TargetedRun>(session.Runs) { [started.SequenceId] = run },
                };
            }

            if (results.TryGetValue(recorded.Position, out var result))
            {
                fold.Add(new CheckPlace(result.Run.AccountId, result.CheckId, result.Location), result.ResponseTime!.Value);
            }

            fold.Apply(recorded, sessions[recorded.Stream]);
        }

        return fold;
    }

    private static IReadOnlyList<CancelEntry> EntriesOf(CancelFold fold) =>
    [
        .. fold.Cancels.Added.Select(cancel => EntryOf(fold, cancel.Key, cancel.Value)).OrderBy(entry => entry.Position),
    ];

    private static CancelEntry EntryOf(CancelFold fold, CancelKey key, CancelRow cancel) => new(key.CancelId, key.SessionId, cancel.Position)
    {
        SessionKind = cancel.Facts!.Session.Kind,
        SessionName = cancel.Facts.Session.Name,
        Project = cancel.Facts.Session.Project,
        Actor = cancel.Facts.Actor,
        Via = cancel.Via,
        Cause = cancel.Cause,
        Reason = cancel.Facts.Reason,
        Forced = cancel.Forced,
        Escalation = cancel.Escalation is { } json ? JsonSerializer.Deserialize<CancelEscalation>(json, CancelJson.Options) : null,
        SupersededBy = cancel.Facts.SupersededBy,
        Origin = cancel.Facts.Origin,
        RequestedAt = cancel.RequestedAt,
        SettledAt = cancel.SettledAt,
        Outcome = cancel.Outcome,
        Runs =
        [
            .. fold.Runs.Added.Where(run => run.Value.CancelId == key.CancelId).OrderBy(run => run.Value.Ordinal)
                .Select(run => RunOf(run.Key, run.Value, cancel.RequestedAt)),
        ],
        Skipped = cancel.Facts.Skipped,
    };

    private static CancelledRun RunOf(RunKey key, CancelRunRow run, DateTimeOffset requestedAt) =>
        new(key.SequenceId, run.Plan.CheckId, run.Plan.CheckType, run.Plan.Name, run.Plan.Location)
        {
            StartedAt = run.Plan.StartedAt,
            RequestedAt = requestedAt,
            DeliveredAt = run.DeliveredAt,
            Channel = run.Channel,
            AcknowledgedAt = run.AcknowledgedAt,
            StoppedAt = run.StoppedAt,
            SettledAt = run.SettledAt,
            Forced = run.Forced,
            How = run.Aborted?.How,
            ExitCode = run.Aborted?.ExitCode,
            Signal = run.Aborted?.Signal,
            DurationMs = run.Aborted?.DurationMs,
            Evidence = run.Aborted?.Evidence,
            State = run.State,
            Outcome = run.Outcome,
            RunnerTimeFreedMs = run.FreedMs,
        };

    private static string Json(IReadOnlyList<CancelEntry> entries) =>
        string.Join('\n', entries.Select(entry => JsonSerializer.Serialize(entry, CancelJson.Options)));
}
