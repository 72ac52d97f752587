using Ledger.Sessions.Events;

namespace Ledger.Sessions;

/// <summary>The runner confirms that it is stopping a run.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel that it obeys.</param>
/// <param name="RunnerId">Who holds the run.</param>
public sealed record AcknowledgeCancel(Guid SequenceId, Guid CancelId, string RunnerId)
{
    /// <summary>
    /// The first acknowledgement is recorded. It proves that the signal had arrived: where the delivery was not recorded yet, it is
    /// recorded with it, so that the five facts stay in order.
    /// </summary>
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
            { IsOpen: true, Cancel.AcknowledgedAt: null } => Acknowledge(session, run, command, now),
            { Cancel.AcknowledgedAt: not null } => Decision<ReportAnswer>.Accept(new ReportAnswer(run, Late: !run.IsOpen, Repeated: true)),
            _ => LateReports.Record(
                run,
                new LateReport(
                    run.SequenceId, session.FactsOf(run), command.RunnerId, LateReportKind.Acknowledgement, command.CancelId, null, null, now)),
        };
    }

    private static Decision<ReportAnswer> Acknowledge(Session session, Run run, AcknowledgeCancel command, DateTimeOffset now)
    {
        var facts = session.FactsOf(run);
        var acknowledged = new CancelAcknowledged(command.CancelId, command.SequenceId, facts, command.RunnerId, now);
        var answer = new ReportAnswer(session.Apply(acknowledged).FindRun(run.SequenceId)!);
        return run.Cancel!.DeliveredAt is null
            ? Decision<ReportAnswer>.Accept(
                answer,
                new CancelDelivered(command.CancelId, command.SequenceId, facts, command.RunnerId, DeliveryChannel.Stream, now),
                acknowledged)
            : Decision<ReportAnswer>.Accept(answer, acknowledged);
    }
}
