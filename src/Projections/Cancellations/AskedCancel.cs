namespace Ledger.Projections.Cancellations;

/// <summary>An accepted request to cancel as lists tell of it: who asked and why, without the runs.</summary>
/// <param name="CancelId">Its id.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words; null when none were given.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Outcome">What came of it.</param>
public sealed record AskedCancel(
    Guid CancelId,
    Guid SessionId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    DateTimeOffset RequestedAt,
    CancelOutcome Outcome)
{
    /// <summary>The last one of a session that was read from its stream; null when there is none.</summary>
    public static AskedCancel? LastOf(Session session)
    {
        if (session.Cancels.IsEmpty)
        {
            return null;
        }

        var last = session.Cancels.Values.MaxBy(cancel => cancel.RequestedAt)!;
        var runs = session.Runs.Where(run => run.Cancel?.CancelId == last.CancelId).ToList();
        var stopped = runs.Where(run => run.State is RunState.Cancelled).ToList();
        var row = new CancelRow(0, last.RequestedAt, last.Cause, last.Via, runs.Count)
        {
            Cancelled = stopped.Count(run => !run.Cancel!.Expired),
            Expired = stopped.Count(run => run.Cancel!.Expired),
            Finished = runs.Count(run => !run.IsOpen) - stopped.Count,
        };
        return new AskedCancel(last.CancelId, session.Id, last.Actor, last.Via, last.Cause, last.Reason, last.RequestedAt, row.Outcome);
    }
}
