using Ledger.Sessions.Events;

namespace Ledger.Sessions;

/// <summary>A runner stopped renewing its lease.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who held it.</param>
public sealed record LoseRun(Guid SequenceId, string RunnerId)
{
    /// <summary>Settles the run as lost. One whose cancel is open is left to the deadlines of the cancel (docs/domain.md#events).</summary>
    public static Decision<Session> Decide(Session session, LoseRun command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) is { State: RunState.Claimed or RunState.Running } run && run.RunnerId == command.RunnerId
            ? Decision<Session>.Accept(session, new RunLost(command.SequenceId, command.RunnerId, now))
            : Decision<Session>.Accept(session);
}
