using Ledger.Sessions.Events;

namespace Ledger.Sessions;

/// <summary>A runner stopped renewing its lease.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who held it.</param>
public sealed record LoseRun(Guid SequenceId, string RunnerId)
{
    /// <summary>
    /// A run that its runner began is lost. One that nothing was ever heard of goes back to the queue: the answer to its claim may have been
    /// lost on the way, and what no process began cannot fail (docs/domain.md#rule-9). One whose cancel is open is left to the deadlines of
    /// the cancel.
    /// </summary>
    public static Decision<Session> Decide(Session session, LoseRun command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) is { State: RunState.Claimed or RunState.Running } run && run.RunnerId == command.RunnerId
            ? Decision<Session>.Accept(
                session,
                run.HasBegun
                    ? new RunLost(run.SequenceId, session.FactsOf(run), command.RunnerId, now)
                    : new RunRequeued(run.SequenceId, session.FactsOf(run), command.RunnerId, now))
            : Decision<Session>.Accept(session);
}
