using Ledger.Projections.CheckResults;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Store;

namespace Ledger.Projections.Tests.CheckResults;

public sealed class ResultFactTests
{
    private const string Runner = "runner-1";

    private readonly List<ResultFact> results = [];

    [Fact]
    public void There_is_a_result_for_every_failed_try_and_every_settled_run_of_a_check_session_and_no_other()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var walk = new RandomWalk(seed);
            var stream = new RecordedStream(walk.Trigger(Guid.NewGuid()));
            results.Clear();
            Apply(stream.Events);
            for (var step = 0; step < 40; step++)
            {
                Apply(stream.Add(walk.Step));
                foreach (var run in stream.Session.Runs)
                {
                    ResultsOf(stream, run).ShouldBe(Expected(stream.Session, run), $"seed {seed}, step {step}");
                    if (ResultRowsOf(stream, run).LastOrDefault() is { } last)
                    {
                        last.Outcome.ShouldBe(run.IsOpen ? null : run.State, $"seed {seed}, step {step}");
                        last.CancelId.ShouldBe(last.IsCancelled ? run.Cancel!.CancelId : null, $"seed {seed}, step {step}");
                        last.Cause.ShouldBe(
                            last.IsCancelled ? stream.Session.Cancels[run.Cancel!.CancelId].Cause : null, $"seed {seed}, step {step}");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_run_that_never_started_has_no_length_and_one_that_did_has_that_of_the_ledgers_clock()
    {
        var stream = new RecordedStream(Some.Session(Guid.NewGuid(), runs: 2));
        Apply(stream.Events);
        var (never, started) = (stream.Session.Runs[0].SequenceId, stream.Session.Runs[1].SequenceId);
        Apply(stream.Add((s, now) => ClaimRun.Decide(s, new ClaimRun(started, Runner, 30), now).Events));
        Apply(stream.Add((s, now) => StartRun.Decide(s, new StartRun(started, Runner), now).Events));
        Apply(stream.Add((s, now) => RequestCancel.Decide(s, Some.Cancel([never]), CancelPolicy.Default, now).Events));
        Apply(stream.Add((s, now) => LoseRun.Decide(s, new LoseRun(started, Runner), now).Events));

        var lost = ResultRowsOf(stream, stream.Session.Runs[1]).ShouldHaveSingleItem();
        lost.ResponseTime.ShouldBe((long)(stream.Session.Runs[1].SettledAt - stream.Session.Runs[1].StartedAt)!.Value.TotalMilliseconds);
        lost.HasErrors.ShouldBeTrue();
        lost.HasFailures.ShouldBeFalse();
        var cancelled = ResultRowsOf(stream, stream.Session.Runs[0]).ShouldHaveSingleItem();
        cancelled.ResponseTime.ShouldBeNull();
        cancelled.IsCancelled.ShouldBeTrue();
    }

    [Fact]
    public void What_a_cancelled_run_reports_of_failures_is_not_shown()
    {
        var stream = new RecordedStream(Some.Session(Guid.NewGuid()));
        Apply(stream.Events);
        var run = stream.Session.Runs[0].SequenceId;
        Apply(stream.Add((s, now) => ClaimRun.Decide(s, new ClaimRun(run, Runner, 30), now).Events));
        Apply(stream.Add((s, now) => RequestCancel.Decide(s, Some.Cancel(), CancelPolicy.Default, now).Events));
        var report = Some.Result(run, Runner, hasFailures: true, isDegraded: true, isCancelled: true);
        Apply(stream.Add((s, now) => ReportResult.Decide(s, report, now).Events));

        var result = ResultRowsOf(stream, stream.Session.Runs[0]).ShouldHaveSingleItem();
        (result.IsCancelled, result.HasFailures, result.HasErrors, result.IsDegraded).ShouldBe((true, false, false, false));
        result.ReportId.ShouldBe(report.ResultId);
    }

    private static IEnumerable<(ResultType Type, Guid? ReportId, bool IsCancelled, bool IsBad, DateTimeOffset At)> Expected(
        Session session, Run run)
    {
        if (session.Kind is not SessionKind.Check)
        {
            yield break;
        }

        foreach (var attempt in run.Attempts)
        {
            yield return (ResultType.Attempt, attempt.ResultId, attempt.IsCancelled, !attempt.IsCancelled, attempt.At);
        }

        if (run.SettledAt is { } settledAt)
        {
            yield return (
                ResultType.Final,
                run.Final is { Settles: true } report ? report.ResultId : null,
                run.State is RunState.Cancelled,
                run.State is RunState.Failed or RunState.TimedOut or RunState.Lost,
                settledAt);
        }
    }

    private IEnumerable<(ResultType Type, Guid? ReportId, bool IsCancelled, bool IsBad, DateTimeOffset At)> ResultsOf(
        RecordedStream stream, Run run) => ResultRowsOf(stream, run).Select(result => (
        result.IsFinal ? ResultType.Final : ResultType.Attempt, result.ReportId, result.IsCancelled, result.HasFailures || result.HasErrors, result.CreatedAt));

    private IReadOnlyList<ResultFact> ResultRowsOf(RecordedStream stream, Run run) =>
        [.. results.Where(result => result.Run == new RunKey(stream.Stream.AccountId, stream.Stream.SessionId, run.SequenceId))];

    private void Apply(IReadOnlyList<RecordedEvent> events) => results.AddRange(events.Select(ResultFact.Of).OfType<ResultFact>());
}
