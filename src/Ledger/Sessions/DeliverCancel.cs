namespace Ledger.Sessions;

/// <summary>The signal of a cancel was handed to the runner.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel.</param>
/// <param name="RunnerId">Who got it.</param>
/// <param name="Channel">By which channel.</param>
public sealed record DeliverCancel(Guid SequenceId, Guid CancelId, string RunnerId, DeliveryChannel Channel)
{
    /// <summary>Only the first delivery of an open cancel is a fact; the signal is repeated, the fact is not.</summary>
    public static Decision<Session> Decide(Session session, DeliverCancel command, DateTimeOffset now)
    {
        return session.FindRun(command.SequenceId) is { IsCancelling: true, Cancel: { DeliveredAt: null } cancel } run
            && cancel.CancelId == command.CancelId
            && run.RunnerId == command.RunnerId
            ? Decision<Session>.Accept(
                session, new CancelDelivered(command.CancelId, run.SequenceId, session.FactsOf(run), command.RunnerId, command.Channel, now))
            : Decision<Session>.Accept(session);
    }
}
