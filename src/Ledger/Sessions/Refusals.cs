namespace Ledger.Sessions;

/// <summary>The refusals that several decisions share, and the checks that lead to them.</summary>
internal static class Refusals
{
    public static Decision<T> UnknownRun<T>(Guid sequenceId)
        where T : class => Decision<T>.Refuse(NoSuchRun(sequenceId));

    public static Decision<T> TooManyReports<T>(Run run)
        where T : class => Decision<T>.Refuse(
            new Refusal(RefusalKind.TooMuch, $"Run {run.SequenceId} has {Limits.ReportsPerRun} reports; no more are kept."));

    public static Decision<T> OtherCancel<T>(Run run, Guid cancelId)
        where T : class => Decision<T>.Refuse(
            new Refusal(RefusalKind.OtherCancel, $"Run {run.SequenceId} was not cancelled by {cancelId}."));

    public static Decision<T> NoCancelRecorded<T>(Run run)
        where T : class => Decision<T>.Refuse(
            new Refusal(RefusalKind.NoCancelRecorded, $"Nobody asked to cancel run {run.SequenceId}, so it cannot end as cancelled."));

    /// <summary>
    /// Why this runner may not speak about this run: there is no such run, another holds it, or nobody does. A settled run that was never
    /// claimed is no reason: what comes for it is late, not forbidden.
    /// </summary>
    /// <param name="session">The session.</param>
    /// <param name="sequenceId">The run.</param>
    /// <param name="runnerId">Who speaks.</param>
    /// <param name="run">The run, when the answer is null.</param>
    public static Refusal? NotTheHolder(Session session, Guid sequenceId, string runnerId, out Run run)
    {
        run = session.FindRun(sequenceId)!;
        return run switch
        {
            null => NoSuchRun(sequenceId),
            { RunnerId: null, IsOpen: true } => new Refusal(RefusalKind.NotClaimed, $"Run {sequenceId} was not claimed by any runner."),
            { RunnerId: { } holder } when holder != runnerId =>
                new Refusal(RefusalKind.HeldByAnother, $"Run {sequenceId} is held by another runner."),
            _ => null,
        };
    }

    private static Refusal NoSuchRun(Guid sequenceId) => new(RefusalKind.UnknownRun, $"The session has no run {sequenceId}.");
}
