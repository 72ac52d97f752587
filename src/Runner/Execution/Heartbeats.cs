using Ledger.Runner.Wire;
using Microsoft.Extensions.Logging;

namespace Ledger.Runner.Execution;

/// <summary>
/// Renews one run's lease three times per lease and passes on what the ledger says with it. An unreachable ledger changes nothing: the
/// run goes on and the next heartbeat tries again.
/// </summary>
internal sealed class Heartbeats(LedgerClient ledger, ClaimedRun run, string label, TimeProvider time, ILogger log)
{
    private static readonly TimeSpan ShortestInterval = TimeSpan.FromMilliseconds(100);
    private double leaseSeconds = run.LeaseSeconds;
    private bool unreachable;

    /// <summary>Beats until cancelled, or until the ledger says that the run is not this runner's any more.</summary>
    public async Task BeatAsync(Action<CancelOrder> onCancel, Action<string> onOver, CancellationToken cancellationToken)
    {
        try
        {
            var goesOn = true;
            while (goesOn)
            {
                var interval = TimeSpan.FromSeconds(leaseSeconds / 3);
                await Task.Delay(interval < ShortestInterval ? ShortestInterval : interval, time, cancellationToken);
                goesOn = await OnceAsync(onCancel, onOver, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run is reported; nothing is left to renew.
        }
    }

    /// <summary>One heartbeat. Returns false when the ledger says that the run is over for this runner.</summary>
    public async Task<bool> OnceAsync(Action<CancelOrder> onCancel, Action<string> onOver, CancellationToken cancellationToken)
    {
        var answer = await ledger.HeartbeatAsync(run, cancellationToken);
        switch (answer.Outcome)
        {
            case Outcome.Accepted:
                NoteReachable();
                if (answer.Value?.Late == true)
                {
                    onOver("the ledger has settled it already");
                    return false;
                }

                if (answer.Value?.LeaseSeconds is > 0 and var lease)
                {
                    leaseSeconds = lease;
                }

                if (answer.Value?.Cancel is { } cancel)
                {
                    onCancel(CancelOrder.From(cancel.CancelId, cancel.Reason, cancel.Mode));
                }

                return true;
            case Outcome.Refused when answer.IsDisowned:
                onOver($"the ledger says {answer.Problem}");
                return false;
            case Outcome.Refused:
                log.LogError("{Run}: a heartbeat was refused: {Problem}", label, answer.Problem);
                return true;
            default:
                if (!unreachable)
                {
                    unreachable = true;
                    log.LogWarning("{Run}: the ledger is away, the run goes on: {Problem}", label, answer.Problem);
                }

                return true;
        }
    }

    private void NoteReachable()
    {
        if (unreachable)
        {
            unreachable = false;
            log.LogInformation("{Run}: the ledger is back", label);
        }
    }
}
