namespace Ledger.Sessions;

/// <summary>Nobody acknowledged a cancel in time: the signal becomes an order to kill (docs/domain.md#rule-8).</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel whose deadline passed.</param>
public sealed record ForceCancel(Guid SequenceId, Guid CancelId)
{
    /// <summary>Escalates once; nothing happens to a run that was acknowledged, forced or settled meanwhile.</summary>
    public static Decision<Session> Decide(Session session, ForceCancel command, DateTimeOffset now)
    {
        var due = session.FindRun(command.SequenceId) is { IsCancelling: true, Cancel: { AcknowledgedAt: null, Forced: false } cancel }
            && cancel.CancelId == command.CancelId;
        return due
            ? Decision<Session>.Accept(
                session,
                Escalation(session.Cancels[command.CancelId], Actor.Deadlines, CancelVia.Ledger, [command.SequenceId], now))
            : Decision<Session>.Accept(session);
    }

    internal static CancelRequested Escalation(
        Cancel cancel, Actor actor, CancelVia via, IReadOnlyList<Guid> targets, DateTimeOffset now) =>
        new(cancel.CancelId, actor, via, cancel.Cause, cancel.Reason, Forced: true, targets, [], cancel.SupersededBy, null, now);
}
