using Ledger.Runner.Wire;

namespace Ledger.Runner.Execution;

/// <summary>Asks the ledger whether one claimed run may start, until there is an answer.</summary>
internal sealed class Starting(LedgerClient ledger, ClaimedRun run, Heartbeats heartbeats, Backoff backoff)
{
    /// <summary>Returns once the ledger has agreed, or something was passed on that keeps the run from starting.</summary>
    /// <param name="onCancel">Takes a cancel that came first.</param>
    /// <param name="onDisowned">Takes the news that the run is not this runner's any more.</param>
    /// <param name="stopRequested">Ends when there is no need to ask any longer.</param>
    public async Task AskAsync(Action<CancelOrder> onCancel, Action<string> onDisowned, Task stopRequested)
    {
        using var stopped = new CancellationTokenSource();
        var asking = AskAsync(onCancel, onDisowned, stopped.Token);
        await Task.WhenAny(asking, stopRequested);
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

    private async Task AskAsync(Action<CancelOrder> onCancel, Action<string> onDisowned, CancellationToken cancellationToken)
    {
        while (true)
        {
            var answer = await ledger.StartAsync(run, cancellationToken);
            switch (answer.Outcome)
            {
                case Outcome.Accepted when answer.Value?.Late == true:
                    onDisowned("the ledger has settled it already");
                    return;
                case Outcome.Accepted:
                    if (answer.Value?.Cancel is { } cancel)
                    {
                        onCancel(CancelOrder.From(cancel.CancelId, cancel.Reason, cancel.Mode));
                    }

                    return;
                case Outcome.Refused:
                    await ExplainAsync(answer.Problem, onCancel, onDisowned, cancellationToken);
                    return;
                default:
                    await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                    break;
            }
        }
    }

    // A cancel may have come first, which then has to be reported: a heartbeat tells.
    private async Task ExplainAsync(
        string? problem, Action<CancelOrder> onCancel, Action<string> onDisowned, CancellationToken cancellationToken)
    {
        var isExplained = false;
        await heartbeats.OnceAsync(
            order =>
            {
                isExplained = true;
                onCancel(order);
            },
            why =>
            {
                isExplained = true;
                onDisowned(why);
            },
            cancellationToken);
        if (!isExplained)
        {
            onDisowned($"its start was refused: {problem}");
        }
    }
}
