using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner;

/// <summary>Why claiming ended.</summary>
/// <param name="Refusal">The ledger's final refusal; null when claiming was asked to end.</param>
/// <param name="WasEverAccepted">Whether the ledger had let this runner claim before.</param>
internal sealed record ClaimingEnd(string? Refusal, bool WasEverAccepted);

/// <summary>Keeps asking for runs while there is room for one more.</summary>
internal sealed class Claiming(RunnerOptions options, LedgerClient ledger, HeldRuns held, TimeProvider time, ILogger<Claiming> log)
{
    // A ledger that answers "nothing" without waiting must not be asked in a tight loop.
    private static readonly TimeSpan ShortestRound = TimeSpan.FromMilliseconds(500);

    /// <summary>Claims until cancelled or finally refused.</summary>
    public async Task<ClaimingEnd> ClaimAsync(CancellationToken cancellationToken)
    {
        var backoff = new Backoff(options.Retry, time);
        var wasEverAccepted = false;
        try
        {
            while (true)
            {
                var free = await FreeSlotsAsync(cancellationToken);
                var since = time.GetTimestamp();
                var answer = await ledger.ClaimAsync(
                    new ClaimRequest(options.Locations, options.CheckTypes, free, (int)options.ClaimWait.TotalSeconds, held.Received),
                    cancellationToken);
                switch (answer.Outcome)
                {
                    case Outcome.Accepted:
                        if (!wasEverAccepted || backoff.IsFailing)
                        {
                            log.LogInformation("claiming from {Url}", options.Url);
                        }

                        wasEverAccepted = true;
                        backoff.Reset();
                        if (!Take(answer.Value) && time.GetElapsedTime(since) < ShortestRound)
                        {
                            await Task.Delay(ShortestRound, time, cancellationToken);
                        }

                        break;
                    case Outcome.Refused:
                        return new ClaimingEnd(answer.Problem, wasEverAccepted);
                    default:
                        if (!backoff.IsFailing)
                        {
                            log.LogWarning("the ledger cannot be asked for runs, trying again: {Problem}", answer.Problem);
                        }

                        await backoff.WaitAsync(answer.RetryAfter, cancellationToken);
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new ClaimingEnd(Refusal: null, wasEverAccepted);
        }
    }

    private async Task<int> FreeSlotsAsync(CancellationToken cancellationToken)
    {
        for (var next = held.NextEnd; held.Count >= options.Max; next = held.NextEnd)
        {
            await next.WaitAsync(cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        return options.Max - held.Count;
    }

    // The cancels come after the runs: one of them may be for a run of the same answer.
    private bool Take(ClaimAnswer? answer)
    {
        foreach (var run in answer?.Runs ?? [])
        {
            held.Adopt(run);
        }

        foreach (var cancel in answer?.Cancels ?? [])
        {
            held.Route(cancel);
        }

        return answer?.Runs is { Count: > 0 };
    }
}
