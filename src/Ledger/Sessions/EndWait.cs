namespace Ledger.Sessions;

/// <summary>A run has waited for the longest time that the installation allows, and no runner takes such runs at its location.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CancelId">The id of the cancel that this becomes.</param>
/// <param name="WaitedSeconds">The longest wait.</param>
public sealed record EndWait(Guid SequenceId, Guid CancelId, int WaitedSeconds)
{
    /// <summary>
    /// Cancels the run if it is queued still: it never began, so that it is no failure and alerts nobody. Whatever its type, since nobody
    /// could execute it (docs/domain.md#rule-1).
    /// </summary>
    public static Decision<Session> Decide(Session session, EndWait command, DateTimeOffset now)
    {
        if (session.FindRun(command.SequenceId) is not { State: RunState.Queued } run)
        {
            return Decision<Session>.Accept(session);
        }

        var reason = $"No runner takes {run.Plan.CheckType} runs at the location '{run.Plan.Location}'. It has waited for {command.WaitedSeconds} s.";
        var requested = new CancelRequested(
            command.CancelId, Actor.Deadlines, CancelVia.Ledger, CancelCause.Timeout, reason, Forced: false, [run.SequenceId], [], null, null, now);
        return Decision<Session>.Accept(
            session, requested, RequestCancel.NeverStarted(session.Apply(requested), run.SequenceId, command.CancelId, now));
    }
}
