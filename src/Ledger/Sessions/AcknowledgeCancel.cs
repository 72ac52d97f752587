namespace Ledger.Sessions;

/// <summary>The runner confirms that it is stopping a run.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel that it obeys.</param>
/// <param name="RunnerId">Who holds the run.</param>
public sealed record AcknowledgeCancel(Guid SequenceId, Guid CancelId, string RunnerId)
{
    /// <summary>The first acknowledgement is recorded.</summary>
    public static Decision<ReportAnswer> Decide(Session session, AcknowledgeCancel command, DateTimeOffset now)
    {
        if (Refusals.NotTheHolder(session, command.SequenceId, command.RunnerId, out var run) is { } refusal)
        {
            return Decision<ReportAnswer>.Refuse(refusal);
        }

        return run switch
        {
            { Cancel: null } => Refusals.NoCancelRecorded<ReportAnswer>(run),
            { Cancel: { } cancel } when cancel.CancelId != command.CancelId => Refusals.OtherCancel<ReportAnswer>(run, command.CancelId),
            { IsOpen: true, Cancel.AcknowledgedAt: null } => RunnerReports.RecordObedience(
                session,
                run,
                command.RunnerId,
                new CancelAcknowledged(command.CancelId, command.SequenceId, session.FactsOf(run), command.RunnerId, now)),
            { Cancel.AcknowledgedAt: not null } => Decision<ReportAnswer>.Accept(new ReportAnswer(run, Late: !run.IsOpen, Repeated: true)),
            _ => RunnerReports.RecordLate(session, run, command.RunnerId, LateReportKind.Acknowledgement, command.CancelId, now),
        };
    }
}
