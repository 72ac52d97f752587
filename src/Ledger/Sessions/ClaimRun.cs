namespace Ledger.Sessions;

/// <summary>A runner takes a queued run under a lease.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who takes it.</param>
/// <param name="LeaseSeconds">How long without a heartbeat until the runner counts as gone.</param>
public sealed record ClaimRun(Guid SequenceId, string RunnerId, int LeaseSeconds)
{
    /// <summary>
    /// Whoever is first in the stream holds the run. The same runner asking again before it has begun holds it still, also while it is being
    /// cancelled: only who has the run can say that it never started. The answer is the run as claimed.
    /// </summary>
    public static Decision<Run> Decide(Session session, ClaimRun command, DateTimeOffset now) =>
        session.FindRun(command.SequenceId) switch
        {
            null => Refusals.UnknownRun<Run>(command.SequenceId),
            { State: RunState.Queued } run => Claim(
                session, new RunClaimed(run.SequenceId, session.FactsOf(run), command.RunnerId, command.LeaseSeconds, now)),
            { State: RunState.Claimed or RunState.Cancelling, HasBegun: false } run when run.RunnerId == command.RunnerId =>
                Decision<Run>.Accept(run),
            var run => Decision<Run>.Refuse(new Refusal(RefusalKind.NotQueued, $"Run {run.SequenceId} is not waiting for a runner.")),
        };

    private static Decision<Run> Claim(Session session, RunClaimed claimed) =>
        Decision<Run>.Accept(session.Apply(claimed).FindRun(claimed.SequenceId)!, claimed);
}
