using Ledger.Runner.Execution;
using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner;

/// <summary>The runs that this runner holds, each with its execution under way. Cancels find their run here.</summary>
/// <param name="execute">Makes the execution of a claimed run.</param>
/// <param name="log">One line per event.</param>
internal sealed class HeldRuns(Func<ClaimedRun, RunExecution> execute, ILogger<HeldRuns> log)
{
    private const int MaximumEarlyCancels = 256;
    private const int MaximumUnsettled = 256;
    private readonly Dictionary<Guid, RunExecution> held = [];
    private readonly Queue<CancelSignal> early = new();
    private readonly Queue<Guid> unsettled = new();
    private readonly Lock gate = new();
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How many runs are held.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return held.Count;
            }
        }
    }

    /// <summary>The runs that are held, and those that ended without the ledger learning of it: none of them is wanted again.</summary>
    public IReadOnlyCollection<Guid> Received
    {
        get
        {
            lock (gate)
            {
                return [.. held.Keys, .. unsettled];
            }
        }
    }

    /// <summary>Whether a run ended without the ledger learning all about it.</summary>
    public bool AnyUnsettled { get; private set; }

    /// <summary>The executions of all held runs.</summary>
    public IReadOnlyList<RunExecution> All
    {
        get
        {
            lock (gate)
            {
                return [.. held.Values];
            }
        }
    }

    /// <summary>Ends when the next run has ended.</summary>
    public Task NextEnd
    {
        get
        {
            lock (gate)
            {
                return changed.Task;
            }
        }
    }

    /// <summary>Begins to execute a claimed run.</summary>
    public void Adopt(ClaimedRun run)
    {
        RunExecution execution;
        lock (gate)
        {
            if (held.ContainsKey(run.SequenceId))
            {
                log.LogWarning("{Run} was handed out again while it is held", run.SequenceId);
                return;
            }

            execution = execute(run);
            var early = this.early.LastOrDefault(s => s.SequenceId == run.SequenceId);
            if (early is not null)
            {
                execution.Cancel(CancelOrder.From(early.CancelId, early.Reason, early.Mode));
            }

            log.LogInformation(
                "{Run}: claimed, {CheckType} at {Location}", execution.Label, LogLine.Of(run.CheckType), LogLine.Of(run.Location));
            held[run.SequenceId] = execution;
        }

        _ = ExecuteAsync(execution);
    }

    /// <summary>Hands a cancel to its run. One that arrives before its run is kept for a while: stream and claim race each other.</summary>
    public void Route(CancelSignal signal)
    {
        lock (gate)
        {
            if (held.TryGetValue(signal.SequenceId, out var execution))
            {
                execution.Cancel(CancelOrder.From(signal.CancelId, signal.Reason, signal.Mode));
                return;
            }

            early.Enqueue(signal);
            if (early.Count > MaximumEarlyCancels)
            {
                early.Dequeue();
            }
        }
    }

    /// <summary>Waits until no run is held.</summary>
    public async Task WhenEmptyAsync()
    {
        for (var next = NextEnd; Count > 0; next = NextEnd)
        {
            await next;
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
        finally
        {
            End(execution);
        }
    }

    private void End(RunExecution execution)
    {
        TaskCompletionSource changed;
        lock (gate)
        {
            if (!execution.IsSettled)
            {
                AnyUnsettled = true;
                unsettled.Enqueue(execution.Run.SequenceId);
                if (unsettled.Count > MaximumUnsettled)
                {
                    unsettled.Dequeue();
                }
            }

            held.Remove(execution.Run.SequenceId);
            changed = this.changed;
            this.changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
