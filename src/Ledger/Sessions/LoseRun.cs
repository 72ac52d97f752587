namespace Ledger.Sessions;

/// <summary>A runner stopped renewing its lease.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who held it.</param>
/// <param name="MostRequeues">How often a run that none of its runners began is queued again before it is given up.</param>
public sealed record LoseRun(Guid SequenceId, string RunnerId, int MostRequeues = LoseRun.DefaultRequeues)
{
    /// <summary>Who claims a run and vanishes may be unlucky; if so many did, it is the run that makes them.</summary>
    public const int DefaultRequeues = 5;

    /// <summary>
    /// A run that its runner began is lost. One that nothing was ever heard of goes back to the queue: the answer to its claim may have been
    /// lost on the way, and what no process began cannot fail (docs/domain.md#rule-9). But not without end: a run at which every runner breaks
    /// before it begins is lost as well, and says why. One whose cancel is open is left to the deadlines of the cancel.
    /// </summary>
    public static Decision<Session> Decide(Session session, LoseRun command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) is { State: RunState.Claimed or RunState.Running } run && run.RunnerId == command.RunnerId
            ? Decision<Session>.Accept(
                session,
                run.HasBegun ? new RunLost(run.SequenceId, session.FactsOf(run), command.RunnerId, now)
                    : run.Requeues < command.MostRequeues ? new RunRequeued(run.SequenceId, session.FactsOf(run), command.RunnerId, now)
                    : new RunLost(
                        run.SequenceId,
                        session.FactsOf(run),
                        command.RunnerId,
                        now,
                        FormattableString.Invariant($"claims that never began: {run.Requeues + 1}")))
            : Decision<Session>.Accept(session);
}
