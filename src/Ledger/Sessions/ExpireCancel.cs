namespace Ledger.Sessions;

/// <summary>Nobody stopped a cancelled run before the deadline.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The cancel whose deadline passed.</param>
public sealed record ExpireCancel(Guid SequenceId, Guid CancelId)
{
    /// <summary>Settles the run as cancelled, without proof; nothing happens to one that was settled meanwhile.</summary>
    public static Decision<Session> Decide(Session session, ExpireCancel command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) is { IsCancelling: true } run && run.Cancel!.CancelId == command.CancelId
            ? Decision<Session>.Accept(session, new CancelExpired(command.CancelId, run.SequenceId, session.FactsOf(run), now))
            : Decision<Session>.Accept(session);
}
