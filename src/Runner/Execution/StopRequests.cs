namespace Ledger.Runner.Execution;

/// <summary>A cancel as it applies to one run.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="Reason">Why, in the words of whoever asked.</param>
/// <param name="Force">Do not wait for the command to end by itself.</param>
internal sealed record CancelOrder(Guid CancelId, string? Reason, bool Force)
{
    /// <summary>Reads the <c>mode</c> of a signal (docs/http.md#runners); any other word than <c>force</c> is graceful.</summary>
    public static CancelOrder From(Guid cancelId, string? reason, string? mode) => new(cancelId, reason, mode is "force");
}

/// <summary>
/// Every wish that one run should stop. Wishes come from several directions at once and repeat themselves; this adds them up: the first
/// cancel is the one that is reported, force is never taken back.
/// </summary>
internal sealed class StopRequests
{
    private readonly Lock gate = new();
    private readonly HashSet<Guid> known = [];
    private readonly TaskCompletionSource requested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource forced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The cancel that is being obeyed; null if nobody asked for one.</summary>
    public CancelOrder? Cancel { get; private set; }

    /// <summary>Why the ledger wants to hear nothing more about the run; null if it does.</summary>
    public string? Disowned { get; private set; }

    /// <summary>Why this runner itself has to end the run, cancel or not; null if it does not.</summary>
    public string? Ended { get; private set; }

    /// <summary>Ends with the first wish.</summary>
    public Task Requested => requested.Task;

    /// <summary>Ends with the first wish that does not leave the command time to end by itself.</summary>
    public Task Forced => forced.Task;

    /// <summary>Takes a cancel; says whether this cancel is new and whether it made a stop forced.</summary>
    public (bool IsNew, bool Escalates) Add(CancelOrder order)
    {
        bool isNew;
        lock (gate)
        {
            isNew = known.Add(order.CancelId);
            Cancel ??= order;
        }

        var escalates = order.Force && forced.TrySetResult();
        requested.TrySetResult();
        return (isNew, escalates);
    }

    /// <summary>The ledger has no use for the run any more: it ends at once and nothing is reported.</summary>
    public void Disown(string why)
    {
        Disowned ??= why;
        Force();
    }

    /// <summary>This runner cannot keep the run: it ends at once. An open cancel is still reported, else nothing is.</summary>
    public void EndNow(string why)
    {
        Ended ??= why;
        Force();
    }

    private void Force()
    {
        forced.TrySetResult();
        requested.TrySetResult();
    }
}
