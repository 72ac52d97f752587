namespace Ledger.Runner.Execution;

/// <summary>
/// Watches over the steps of one run, one after the other: each ends by itself, or is ended by a wish or by the run's own limit. Between
/// two of them the run can be ended as well, and then the next one is not begun.
/// </summary>
internal sealed class Supervision : IDisposable
{
    private readonly StopRequests stops;
    private readonly TimeSpan? limit;
    private readonly TimeSpan grace;
    private readonly TimeProvider time;
    private readonly OpenSpan whole;
    private readonly CancellationTokenSource over = new();
    private readonly Task limitPassed;

    /// <summary>Begins to watch.</summary>
    /// <param name="stops">Every wish that the run should stop.</param>
    /// <param name="limit">The run's own limit from now on; null for none.</param>
    /// <param name="grace">How long a step may take to end by itself once it is asked to.</param>
    /// <param name="time">The clock.</param>
    public Supervision(StopRequests stops, TimeSpan? limit, TimeSpan grace, TimeProvider time)
    {
        this.stops = stops;
        this.limit = limit;
        this.grace = grace;
        this.time = time;
        whole = new OpenSpan(time);
        limitPassed = Task.Delay(limit ?? Timeout.InfiniteTimeSpan, time, over.Token);
    }

    /// <summary>Called when a step is being ended.</summary>
    public Action Stopping { get; init; } = () => { };

    /// <summary>Called when a step was ended, with the time that it took.</summary>
    public Action<Stop, TimeSpan> Stopped { get; init; } = (_, _) => { };

    /// <summary>Whether the run's own limit has passed, and so ends it if nothing else did before.</summary>
    public bool IsOverLimit => limitPassed.IsCompletedSuccessfully && !stops.Requested.IsCompleted;

    private bool MustStop => stops.Requested.IsCompleted || limitPassed.IsCompleted;

    public void Dispose()
    {
        over.Cancel();
        over.Dispose();
    }

    /// <summary>Sees one step through to its end. <see cref="Ending.Finished"/> means that the run may go on.</summary>
    /// <param name="start">Begins the step; not called when the run has to end already.</param>
    /// <param name="written">What the run has written; called when the step is over.</param>
    /// <exception cref="UnusableSpecException">The step could not be executed.</exception>
    public async Task<Ending> SeeThroughAsync(Func<Task<IWorkload>> start, Func<RunOutput> written)
    {
        if (MustStop)
        {
            return Cut(Stop.Idle, TimeSpan.Zero, written());
        }

        var span = new OpenSpan(time);
        await using var workload = await start();
        await Task.WhenAny(workload.Exited, stops.Requested, limitPassed);
        if (!workload.HasEnded)
        {
            return await StopAsync(workload, written);
        }

        // It ended by itself before a stop could take effect: its real result counts (docs/domain.md#rule-3).
        var ended = span.End();
        var left = await workload.CleanAsync();
        var exit = await workload.Exited;
        return stops.Disowned is { } why ? new Ending.Disowned(why) : new Ending.Finished(exit, left, ended, written());
    }

    private async Task<Ending> StopAsync(IWorkload workload, Func<RunOutput> written)
    {
        Stopping();
        var since = time.GetTimestamp();
        var stop = await workload.StopAsync(grace, stops.Forced);
        var took = time.GetElapsedTime(since);
        Stopped(stop, took);
        return Cut(stop, took, written());
    }

    private Ending Cut(Stop stop, TimeSpan took, RunOutput output) => stops switch
    {
        { Disowned: { } why } => new Ending.Disowned(why),
        { Cancel: { } cancel } => new Ending.Stopped(cancel, stop, took, whole.End(), output),
        { Ended: { } why } => new Ending.Dropped(why),
        _ => new Ending.TimedOut(limit.GetValueOrDefault(), stop, whole.End(), output),
    };
}
