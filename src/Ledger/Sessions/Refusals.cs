namespace Ledger.Sessions;

/// <summary>The refusals that several decisions share, and the checks that lead to them.</summary>
internal static class Refusals
{
    public static Decision<T> UnknownRun<T>(Guid sequenceId)
        where T : class => Decision<T>.Refuse(new Refusal(RefusalKind.UnknownRun, $"The session has no run {sequenceId}."));

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
    /// Why this runner may not speak about this run: another holds it, or nobody does. A settled run that was never claimed is no
    /// reason: what comes for it is late, not forbidden.
    /// </summary>
    public static Refusal? NotTheHolder(Run run, string runnerId) => run switch
    {
        { RunnerId: null, IsOpen: true } => new Refusal(RefusalKind.NotClaimed, $"Run {run.SequenceId} was not claimed by any runner."),
        { RunnerId: { } holder } when holder != runnerId =>
            new Refusal(RefusalKind.HeldByAnother, $"Run {run.SequenceId} is held by another runner."),
        _ => null,
    };
}
