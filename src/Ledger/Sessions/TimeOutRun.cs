namespace Ledger.Sessions;

/// <summary>A run exceeded its own limit.</summary>
/// <param name="SequenceId">The run.</param>
public sealed record TimeOutRun(Guid SequenceId)
{
    /// <summary>
    /// Settles a running run as timed out. One whose cancel is open is left to the deadlines of the cancel: the request came first, and
    /// the stop is under way.
    /// </summary>
    public static Decision<Session> Decide(Session session, TimeOutRun command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) is { State: RunState.Running, Plan.TimeoutSeconds: { } limit } run
            ? Decision<Session>.Accept(session, new RunTimedOut(run.SequenceId, session.FactsOf(run), limit, now))
            : Decision<Session>.Accept(session);
}
