using Ledger.Runner.Execution;
using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner;

/// <summary>
/// Ends everything that this runner holds, in good order: each run's cancel is asked of the ledger, because no run is cancelled without a
/// recorded cancel (docs/domain.md#rule-4). What the ledger lets be cancelled is stopped and reported as ever; what it does not goes on to
/// its natural end, up to the drain limit.
/// </summary>
internal sealed class Draining(RunnerOptions options, LedgerClient ledger, HeldRuns held, TimeProvider time, ILogger<Draining> log)
{
    /// <summary>Drains; returns when no run is held, or when what is left cannot be reported any more.</summary>
    /// <param name="killNow">Ends when there is no more time.</param>
    /// <param name="giveUp">Makes the reports that cannot be delivered give up.</param>
    public async Task DrainAsync(Task killNow, Func<Task> giveUp)
    {
        var runs = held.All;
        log.LogInformation("draining: {Count} runs are held", runs.Count);
        using var over = new CancellationTokenSource();
        var limit = Task.Delay(options.DrainLimit, time, over.Token);
        var empty = held.WhenEmptyAsync();
        var asking = Task.WhenAll(runs.Select(r => AskAsync(r, over.Token)));
        await Task.WhenAny(empty, limit, killNow);
        if (!empty.IsCompleted)
        {
            var why = killNow.IsCompleted ? "the runner was told to end at once" : "the drain took too long";
            foreach (var run in held.All)
            {
                run.EndNow(why);
            }

            await Task.WhenAny(empty, Task.Delay(options.LastReportsLimit, time, over.Token));
            await giveUp();
        }

        await over.CancelAsync();
        await asking;
        await empty;
    }

    private async Task AskAsync(RunExecution run, CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.Retry, time);
        var reason = $"runner {options.Id} is shutting down";
        try
        {
            while (run.Phase < RunPhase.Reporting)
            {
                var answer = await ledger.CancelOwnAsync(run.Run, reason, cancellationToken);
                if (answer.Outcome is Outcome.Unavailable)
                {
                    await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                    continue;
                }

                if (answer.Value is { } accepted && accepted.Targeted?.Contains(run.Run.SequenceId) == true)
                {
                    run.Cancel(new CancelOrder(accepted.CancelId, reason, Force: false));
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
