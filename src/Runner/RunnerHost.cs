namespace Ledger.Runner;

/// <summary>One runner from its start to the end of its drain. Holds its runs, each with its execution under way; cancels find their run here.</summary>
internal sealed class RunnerHost(RunnerOptions options, TimeProvider time, ILoggerFactory logs) : IDisposable
{
    private const int MaximumRemembered = 256;

    // A ledger that answers "nothing" without waiting must not be asked in a tight loop.
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(500);
    private readonly ILogger log = logs.CreateLogger<RunnerHost>();
    private readonly TaskCompletionSource killNow = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource drain = new();
    private readonly CancellationTokenSource giveUp = new();
    private readonly LedgerClient ledger = new(options, time);
    private readonly Dictionary<Guid, RunExecution> held = [];
    private readonly Queue<CancelOrder> early = new();
    private readonly Queue<Guid> unsettled = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isUnsettled;

    /// <summary>The first call drains, the next kills.</summary>
    /// <param name="why">For the log, such as the name of a signal.</param>
    public void Stop(string why)
    {
        if (drain.IsCancellationRequested)
        {
            log.LogWarning("{Why} again: ending everything now", why);
            killNow.TrySetResult();
        }
        else
        {
            log.LogInformation("{Why}: no more runs are claimed", why);
            drain.Cancel();
        }
    }

    public void Dispose()
    {
        ledger.Dispose();
        giveUp.Dispose();
    }

    /// <summary>Works until it is stopped or finally refused, drains, and returns the exit code.</summary>
    public async Task<int> RunAsync()
    {
        log.LogInformation(
            "runner {Id} at {Locations}, {Max} runs at once, logs in {LogDirectory}",
            options.Id, string.Join(", ", options.Locations), options.Max, options.LogDirectory);
        if (options.KeyWarning is { } warning)
        {
            log.LogWarning("{Warning}", warning);
        }

        using var folders = new RunFolders(options, time, logs.CreateLogger<RunFolders>());
        using var stopListening = new CancellationTokenSource();
        var sweeping = Task.Run(folders.SweepAsync);
        var signals = new SignalStream(ledger, options.Retry, time, logs.CreateLogger<SignalStream>());
        var listening = signals.ListenAsync(Route, stopListening.Token);
        var refusal = await ClaimAsync(folders);
        if (refusal is not null)
        {
            log.LogError("the ledger at {Url} does not let this runner claim: {Refusal}", options.Url, refusal);
        }

        await DrainAsync();
        await stopListening.CancelAsync();
        await listening;
        await sweeping;
        var exitCode = refusal is not null ? ExitCodes.Unusable : isUnsettled ? ExitCodes.Unsettled : ExitCodes.Clean;
        log.LogInformation("ended with exit code {ExitCode}", exitCode);
        return exitCode;
    }

    // Keeps asking for runs while there is room for one more. Returns the ledger's final refusal; null when it was asked to end.
    private async Task<string?> ClaimAsync(RunFolders folders)
    {
        var backoff = new Backoff(options.Retry, time);
        var wasEverAccepted = false;
        var runLog = logs.CreateLogger<RunExecution>();
        try
        {
            while (true)
            {
                var (free, received) = await HaveRoomAsync();
                var since = time.GetTimestamp();
                var request = new ClaimRequest(options.Locations, options.CheckTypes, free, (int)options.ClaimWait.TotalSeconds, received);
                var answer = await ledger.ClaimAsync(request, drain.Token);
                if (answer.Outcome is Outcome.Refused)
                {
                    return answer.Problem;
                }

                if (answer.Outcome is Outcome.Unavailable)
                {
                    if (!backoff.IsFailing)
                    {
                        log.LogWarning("the ledger cannot be asked for runs, trying again: {Problem}", answer.Problem);
                    }

                    await backoff.WaitAsync(answer.RetryAfter, drain.Token);
                    continue;
                }

                if (!wasEverAccepted || backoff.IsFailing)
                {
                    log.LogInformation("claiming from {Url}", options.Url);
                }

                wasEverAccepted = true;
                backoff.Reset();
                foreach (var run in answer.Value?.Runs ?? [])
                {
                    Adopt(run, () => new RunExecution(run, options, ledger, folders, time, runLog, giveUp.Token));
                }

                // After the runs: one of them may be for a run of the same answer.
                foreach (var cancel in answer.Value?.Cancels ?? [])
                {
                    Route(cancel);
                }

                if (answer.Value?.Runs is not { Count: > 0 } && time.GetElapsedTime(since) < ShortestRound)
                {
                    await Task.Delay(ShortestRound, time, drain.Token);
                }
            }
        }
        catch (OperationCanceledException) when (drain.IsCancellationRequested)
        {
            return null;
        }
    }

    // How many runs more there is room for, and the runs that are held, with those that ended without the ledger learning of it: none of
    // them is wanted again.
    private async Task<(int Free, IReadOnlyCollection<Guid> Received)> HaveRoomAsync()
    {
        while (true)
        {
            drain.Token.ThrowIfCancellationRequested();
            Task next;
            lock (gate)
            {
                if (held.Count < options.Max)
                {
                    return (options.Max - held.Count, [.. held.Keys, .. unsettled]);
                }

                next = changed.Task;
            }

            await next.WaitAsync(drain.Token);
        }
    }

    private void Adopt(ClaimedRun run, Func<RunExecution> make)
    {
        RunExecution execution;
        lock (gate)
        {
            if (held.ContainsKey(run.SequenceId))
            {
                log.LogWarning("{Run} was handed out again while it is held", run.SequenceId);
                return;
            }

            held[run.SequenceId] = execution = make();
            if (early.LastOrDefault(cancel => cancel.SequenceId == run.SequenceId) is { } cancel)
            {
                execution.Cancel(cancel);
            }

            log.LogInformation(
                "{Run}: claimed, {CheckType} at {Location}", execution.Label, LogLine.Of(run.CheckType), LogLine.Of(run.Location));
        }

        _ = ExecuteAsync(execution);
    }

    // Hands a cancel to its run. One that arrives before its run is kept for a while: stream and claim race each other.
    private void Route(CancelOrder cancel)
    {
        lock (gate)
        {
            if (held.TryGetValue(cancel.SequenceId, out var execution))
            {
                execution.Cancel(cancel);
            }
            else
            {
                Remember(early, cancel);
            }
        }
    }

    private async Task ExecuteAsync(RunExecution execution)
    {
        try
        {
            await execution.ExecuteAsync();
        }
        catch (Exception e)
        {
            // One run's defect must not end the others; the ledger learns of it when the lease runs out.
            log.LogCritical(e, "{Run}: its execution broke", execution.Label);
        }

        TaskCompletionSource changed;
        lock (gate)
        {
            if (!execution.IsSettled)
            {
                isUnsettled = true;
                Remember(unsettled, execution.Run.SequenceId);
            }

            held.Remove(execution.Run.SequenceId);
            changed = this.changed;
            this.changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }

    private static void Remember<T>(Queue<T> queue, T item)
    {
        queue.Enqueue(item);
        if (queue.Count > MaximumRemembered)
        {
            queue.Dequeue();
        }
    }

    private List<RunExecution> Held()
    {
        lock (gate)
        {
            return [.. held.Values];
        }
    }

    // Waits until no run is held.
    private async Task EmptyAsync()
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (held.Count == 0)
                {
                    return;
                }

                next = changed.Task;
            }

            await next;
        }
    }

    // Ends everything that is held, in good order: each run's cancel is asked of the ledger, because no run is cancelled without a recorded
    // cancel (docs/domain.md#rule-4). What the ledger lets be cancelled is stopped and reported as ever; what it does not goes on to its
    // natural end, up to the drain limit. Returns when no run is held, or when what is left cannot be reported any more.
    private async Task DrainAsync()
    {
        var runs = Held();
        log.LogInformation("draining: {Count} runs are held", runs.Count);
        using var over = new CancellationTokenSource();
        var limit = Task.Delay(TimeSpan.FromSeconds(options.DrainSeconds), time, over.Token);
        var empty = EmptyAsync();
        var asking = Task.WhenAll(runs.Select(r => AskForCancelAsync(r, over.Token)));
        await Task.WhenAny(empty, limit, killNow.Task);
        if (!empty.IsCompleted)
        {
            var why = killNow.Task.IsCompleted ? "the runner was told to end at once" : "the drain took too long";
            Held().ForEach(run => run.EndNow(why));
            await Task.WhenAny(empty, Task.Delay(options.LastReportsLimit, time, over.Token));
            await giveUp.CancelAsync();
        }

        await over.CancelAsync();
        await asking;
        await empty;
    }

    private async Task AskForCancelAsync(RunExecution run, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.Retry, time);
        var reason = $"runner {options.Id} is shutting down";
        try
        {
            while (!run.IsOver)
            {
                var answer = await ledger.CancelOwnAsync(run.Run, reason, cancellationToken);
                if (answer.Outcome is Outcome.Unavailable)
                {
                    await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                    continue;
                }

                if (answer.Value is { } accepted && accepted.Targeted?.Contains(run.Run.SequenceId) == true)
                {
                    run.Cancel(new CancelOrder(accepted.CancelId, reason));
                }
                else
                {
                    log.LogInformation("{Run}: cannot be cancelled and goes on: {Problem}", run.Label, answer.Problem ?? "skipped");
                }

                return;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            log.LogWarning("{Run}: the ledger could not be asked for its cancel", run.Label);
        }
    }
}
