namespace Ledger.Sessions;

/// <summary>The runner is about to execute a run that it holds.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who holds it.</param>
public sealed record StartRun(Guid SequenceId, string RunnerId)
{
    /// <summary>
    /// A run whose cancel is open does not start: the answer shows it as cancelling and the runner aborts it, never started. A start of
    /// a settled run is late.
    /// </summary>
    public static Decision<ReportAnswer> Decide(Session session, StartRun command, DateTimeOffset now)
    {
        if (Refusals.NotTheHolder(session, command.SequenceId, command.RunnerId, out var run) is { } refusal)
        {
            return Decision<ReportAnswer>.Refuse(refusal);
        }

        return run switch
        {
            { State: RunState.Claimed } => RunnerReports.Record(
                session, run, new RunStarted(run.SequenceId, session.FactsOf(run), command.RunnerId, now)),
            { IsOpen: true } => Decision<ReportAnswer>.Accept(new ReportAnswer(run, Repeated: true)),
            _ => RunnerReports.RecordLate(session, run, command.RunnerId, LateReportKind.Start, reportId: null, now),
        };
    }
}
