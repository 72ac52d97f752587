namespace Ledger.Sessions;

/// <summary>The runner has stopped a run because of a cancel.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel that it obeyed.</param>
/// <param name="RunnerId">Who holds the run.</param>
/// <param name="How">How it ended.</param>
/// <param name="ExitCode">The exit code, if there was one.</param>
/// <param name="Signal">The signal that ended it, if one did.</param>
/// <param name="DurationMs">From the signal to the end, in milliseconds.</param>
/// <param name="Evidence">What the runner found when it looked.</param>
public sealed record AbortRun(
    Guid SequenceId,
    Guid CancelId,
    string RunnerId,
    AbortManner How,
    int? ExitCode,
    string? Signal,
    long? DurationMs,
    StopEvidence? Evidence)
{
    /// <summary>
    /// Settles an open run as cancelled; on a settled one it is late, for the first terminal fact wins (docs/domain.md#rule-3). A stop
    /// proves that the signal had arrived, so a missing delivery is recorded with it; an acknowledgement that never came is not made up.
    /// </summary>
    public static Decision<ReportAnswer> Decide(Session session, AbortRun command, DateTimeOffset now)
    {
        if (Refusals.NotTheHolder(session, command.SequenceId, command.RunnerId, out var run) is { } refusal)
        {
            return Decision<ReportAnswer>.Refuse(refusal);
        }

        return run switch
        {
            { Cancel: null } => Refusals.NoCancelRecorded<ReportAnswer>(run),
            { Cancel: { } cancel } when cancel.CancelId != command.CancelId => Refusals.OtherCancel<ReportAnswer>(run, command.CancelId),
            { IsOpen: true } => RunnerReports.RecordObedience(
                session, run, command.RunnerId, Aborted(session.FactsOf(run), command, now)),
            { Cancel.StoppedAt: not null } => Decision<ReportAnswer>.Accept(new ReportAnswer(run, Repeated: true)),
            _ => RunnerReports.RecordLate(
                session,
                run,
                command.RunnerId,
                LateReportKind.Abort,
                command.CancelId,
                now,
                abort: Aborted(session.FactsOf(run), command, now)),
        };
    }

    private static RunAborted Aborted(RunFacts run, AbortRun command, DateTimeOffset now) => new(
        command.CancelId,
        command.SequenceId,
        run,
        command.RunnerId,
        command.How,
        command.ExitCode,
        command.Signal,
        command.DurationMs,
        command.Evidence,
        now);
}
