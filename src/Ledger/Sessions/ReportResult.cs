using System.Text.Json;

namespace Ledger.Sessions;

/// <summary>The runner reports on a run that it holds.</summary>
/// <param name="ResultId">The report's id, the same on every repeat.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who reports.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="HasFailures">Whether the test failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether the runner found it slow.</param>
/// <param name="IsCancelled">Whether it ended because of a cancel.</param>
/// <param name="ResponseTime">Duration in milliseconds.</param>
/// <param name="StartedAt">When execution began.</param>
/// <param name="StoppedAt">When execution ended.</param>
/// <param name="Attempt">Which try, from 1; null lets the ledger count.</param>
/// <param name="Details">Opaque details.</param>
public sealed record ReportResult(
    Guid ResultId,
    Guid SequenceId,
    string RunnerId,
    ResultType ResultType,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    bool IsCancelled,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    int? Attempt,
    JsonElement? Details)
{
    /// <summary>
    /// The completion-versus-cancel rule (docs/domain.md#rule-3): the first terminal fact in the stream settles the run. A final report
    /// that comes before the abort is the run's real result, cancel or not; one that comes after it is late, unless it says
    /// <c>isCancelled</c>: then it only adds its details. A report that says <c>isCancelled</c> without a recorded cancel is refused,
    /// whatever the state (docs/domain.md#rule-4), since failures could be hidden that way. The same report twice is one report. A full run
    /// takes no further attempts, but always its result.
    /// </summary>
    public static Decision<ReportAnswer> Decide(Session session, ReportResult command, DateTimeOffset now)
    {
        if (Refusals.NotTheHolder(session, command.SequenceId, command.RunnerId, out var run) is { } refusal)
        {
            return Decision<ReportAnswer>.Refuse(refusal);
        }

        if (run.HasReport(command.ResultId))
        {
            var late = run.HasLateReport(LateReportKind.Result, command.ResultId);
            return Decision<ReportAnswer>.Accept(new ReportAnswer(run, late, Repeated: true));
        }

        if (command.IsCancelled && run.Cancel is null)
        {
            return Refusals.NoCancelRecorded<ReportAnswer>(run);
        }

        var settles = run.IsOpen && command.ResultType is ResultType.Final;
        var addsDetails = run.AwaitsAbortDetails && command is { ResultType: ResultType.Final, IsCancelled: true };
        if (run.ReportCount >= Limits.ReportsPerRun && !settles && !addsDetails)
        {
            return Refusals.TooManyReports<ReportAnswer>(run);
        }

        var reported = Reported(session, run, command, settles, now);
        return run.IsOpen || addsDetails
            ? RunnerReports.Record(session, run, reported)
            : RunnerReports.RecordLate(session, run, command.RunnerId, LateReportKind.Result, command.ResultId, now, result: reported);
    }

    private static ResultReported Reported(Session session, Run run, ReportResult command, bool settles, DateTimeOffset now)
    {
        var overMaximum = !command.IsCancelled && command.ResponseTime > run.Plan.MaxResponseTimeMs;
        var slow = !command.IsCancelled && command.ResponseTime > run.Plan.DegradedAfterMs;
        return new ResultReported(
            command.ResultId,
            command.SequenceId,
            session.FactsOf(run),
            command.RunnerId,
            command.ResultType,
            settles,
            command.HasFailures || overMaximum,
            command.HasErrors,
            command.IsDegraded || slow,
            command.IsCancelled,
            overMaximum,
            command.ResponseTime,
            command.StartedAt?.ToUniversalTime(),
            command.StoppedAt?.ToUniversalTime(),
            command.Attempt ?? run.Attempts.Count + 1,
            command.Details,
            now);
    }
}
