namespace Ledger.Runner;

/// <summary>A run that cannot be executed here. The message is one sentence for the run's result.</summary>
internal sealed class UnusableSpecException(string message) : Exception(message);

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

        var escalates = order.IsForced && forced.TrySetResult();
        requested.TrySetResult();
        return (isNew, escalates);
    }

    /// <summary>Ends the run at once.</summary>
    /// <param name="why">For the log.</param>
    /// <param name="isDisowned">The ledger has no use for the run; else this runner cannot keep it, and an open cancel is still reported.</param>
    public void EndNow(string why, bool isDisowned)
    {
        if (isDisowned)
        {
            Disowned ??= why;
        }
        else
        {
            Ended ??= why;
        }

        forced.TrySetResult();
        requested.TrySetResult();
    }

    /// <summary>What a stop came to, by who wished for it; null if nobody did.</summary>
    public Ending? Outcome(Stop stop, TimeSpan took, RunSpan? span = null, RunOutput? output = null) => this switch
    {
        { Disowned: { } why } => new Ending.Disowned(why),
        { Cancel: { } cancel } => new Ending.Stopped(cancel, stop, took, span, output),
        { Ended: { } why } => new Ending.Dropped(why),
        _ => null,
    };
}

/// <summary>
/// The life of one claimed run: heartbeats from the claim on, start, execution, stop, report. Everything that can end it early goes through
/// <see cref="StopRequests"/>; everything that it tells the ledger about the outcome goes through its <see cref="RunReports"/>.
/// </summary>
internal sealed class RunExecution(
    ClaimedRun run, RunnerOptions options, LedgerClient ledger, RunFolders folders, TimeProvider time, ILogger log, CancellationToken giveUp)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private readonly StopRequests stops = new();
    private readonly RunReports reports = new(run, LabelOf(run), ledger, new Backoff(options.Retry, time), log, giveUp);
    private readonly Lock gate = new();
    private RunFolder? folder;
    private volatile RunSteps? steps;
    private double leaseSeconds = run.LeaseSeconds;
    private bool isUnreachable;

    /// <summary>What was claimed.</summary>
    public ClaimedRun Run => run;

    /// <summary>The run, as the log names it.</summary>
    public string Label { get; } = LabelOf(run);

    /// <summary>Whether execution is over: its end is on the way to the ledger, which decides what came first (docs/domain.md#rule-3).</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the ledger was told everything that it should know. False as long as it was not.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Executes the run to its end; returns when everything about it is delivered or given up.</summary>
    public async Task ExecuteAsync()
    {
        using var reported = new CancellationTokenSource();
        var beating = BeatAsync(reported.Token);
        try
        {
            var ending = await LiveAsync();
            lock (gate)
            {
                IsOver = true;
            }

            // Nothing waits for the files of the run to be deleted, least of all the ledger.
            var deleting = folder?.DeleteAsync() ?? Task.CompletedTask;
            reports.Add(ending);
            await reports.CompleteAsync();
            IsSettled = ending is not Ending.Dropped && reports.AreDelivered;
            await deleting;
        }
        finally
        {
            await reported.CancelAsync();
            await beating;
        }
    }

    /// <summary>Takes a cancel from wherever it came: stream, heartbeat, claim or drain. Repeating one is harmless.</summary>
    public void Cancel(CancelOrder order)
    {
        lock (gate)
        {
            if (IsOver)
            {
                return;
            }

            var (isNew, escalates) = stops.Add(order);
            if (isNew)
            {
                log.LogInformation("{Run}: cancel {CancelId}: {Reason}", Label, order.CancelId, LogLine.Of(order.Reason));
                reports.Acknowledge(order.CancelId);
            }

            if (escalates)
            {
                log.LogInformation("{Run}: the cancel is forced", Label);
            }
        }
    }

    /// <summary>This runner cannot keep the run: ends it at once. An open cancel is still reported, else nothing is.</summary>
    public void EndNow(string why) => EndNow(why, isDisowned: false);

    private static string LabelOf(ClaimedRun run) => $"{LogLine.Of(run.Name)} ({run.SequenceId})";

    // The ledger has no use for the run any more: ends it at once, without a report. Not so a run that is being ended at its own limit:
    // it keeps its grace period, in which it writes what it has found, and its report is wanted for that, be it late.
    private void Disown(string why)
    {
        if (steps is { IsOverLimit: true })
        {
            log.LogInformation("{Run}: is being ended at its limit: {Why}", Label, why);
            return;
        }

        EndNow(why, isDisowned: true);
    }

    private void EndNow(string why, bool isDisowned)
    {
        lock (gate)
        {
            if (!IsOver)
            {
                log.LogWarning("{Run}: ending it now: {Why}", Label, why);
                stops.EndNow(why, isDisowned);
            }
        }
    }

    // Renews the lease three times per lease and takes what the ledger says with it. An unreachable ledger changes nothing.
    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                var interval = TimeSpan.FromSeconds(leaseSeconds / 3);
                await Task.Delay(interval < ShortestInterval ? ShortestInterval : interval, time, cancellationToken);
            }
            while (await BeatOnceAsync(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is reported; nothing is left to renew.
        }
    }

    // Returns false when the ledger says that the run is over for this runner.
    private async Task<bool> BeatOnceAsync(CancellationToken cancellationToken)
    {
        var answer = await ledger.TellAsync(run, "heartbeat", body: null, cancellationToken);
        switch (answer.Outcome)
        {
            case Outcome.Accepted:
                if (isUnreachable)
                {
                    isUnreachable = false;
                    log.LogInformation("{Run}: the ledger is back", Label);
                }

                leaseSeconds = answer.Value?.LeaseSeconds is > 0 and var lease ? lease : leaseSeconds;
                return Obey(answer.Value);
            case Outcome.Refused when answer.IsDisowned:
                Disown($"the ledger says {answer.Problem}");
                return false;
            case Outcome.Refused:
                log.LogError("{Run}: a heartbeat was refused: {Problem}", Label, answer.Problem);
                return true;
            default:
                if (!isUnreachable)
                {
                    isUnreachable = true;
                    log.LogWarning("{Run}: the ledger is away, the run goes on: {Problem}", Label, answer.Problem);
                }

                return true;
        }
    }

    private bool Obey(RunAnswer? answer)
    {
        if (answer?.Late == true)
        {
            Disown("the ledger has settled it already");
            return false;
        }

        if (answer?.Cancel is { } cancel)
        {
            Cancel(cancel);
        }

        return true;
    }

    private async Task<Ending> LiveAsync()
    {
        try
        {
            var spec = RunSpec.Parse(run);
            await using var output = Files.Needed(
                "the log of the run cannot be made", () => new RunLog(options.LogDirectory, run.SequenceId, log));
            // Nothing runs without the ledger's word, and nothing starts that was cancelled meanwhile.
            await AskToStartAsync();
            if (stops.Outcome(Stop.BeforeStart, TimeSpan.Zero) is { } never)
            {
                return never;
            }

            folder = Files.Needed("the directory of the run cannot be made", () => folders.Create(run.SequenceId));
            log.LogInformation("{Run}: started, output in {LogFile}", Label, output.Path);
            using var executing = steps = new RunSteps(new Scene(options, ledger, run, spec, folder, output, time, log), stops, reports);
            return await executing.ExecuteAsync();
        }
        catch (UnusableSpecException e)
        {
            return new Ending.Unusable(e.Message);
        }
        catch (Exception e) when (Files.IsRefusal(e))
        {
            return new Ending.Unusable($"the files of the run are out of order: {e.Message}");
        }
    }

    // Returns once the ledger has agreed, or there is something that keeps the run from starting.
    private async Task AskToStartAsync()
    {
        using var stopped = new CancellationTokenSource();
        var asking = AskToStartAsync(stopped.Token);
        await Task.WhenAny(asking, stops.Requested);
        await stopped.CancelAsync();
        try
        {
            await asking;
        }
        catch (OperationCanceledException)
        {
            // The run is to stop: whether the ledger agreed to the start no longer matters.
        }
    }

    private async Task AskToStartAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.Retry, time);
        while (true)
        {
            var answer = await ledger.TellAsync(run, "start", body: null, cancellationToken);
            switch (answer.Outcome)
            {
                case Outcome.Accepted:
                    Obey(answer.Value);
                    return;
                case Outcome.Refused:
                    // A cancel may have come first, which then has to be reported: a heartbeat tells.
                    await BeatOnceAsync(cancellationToken);
                    if (!stops.Requested.IsCompleted)
                    {
                        Disown($"its start was refused: {answer.Problem}");
                    }

                    return;
                default:
                    await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                    break;
            }
        }
    }
}
