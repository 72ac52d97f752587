using JasperFx.Events.Daemon.HighWater;
using Ledger.Streams;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Wakes Marten's daemon when a host has committed something: this one or, by its notes, another. Marten's own way is a <c>NOTIFY</c> in each
/// append, and PostgreSQL has transactions that notify commit one after another. Under load it looks at most once in <see cref="Pace"/>,
/// since what a page costs hardly depends on its length. A note that was lost is made good by Marten's polling.
/// </summary>
public sealed class CommitWakeup : IDaemonWakeup, IDisposable
{
    /// <summary>The time from one look to the next while there is always something new; an idle daemon looks at once.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim news = new(0, 1);
    private readonly Lock gate = new();
    private long looked;

    /// <summary>Wakes from now on.</summary>
    /// <param name="changes">What is committed.</param>
    public CommitWakeup(SessionChanges changes) => changes.WhenChanged(Wake);

    /// <inheritdoc/>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken token)
    {
        // What was committed since the last look began is not forgotten: it may have come too late for it.
        await news.WaitAsync(timeout, token);
        if (Pace - TimeProvider.System.GetElapsedTime(looked) is { Ticks: > 0 } left)
        {
            await Task.Delay(left, token);
        }

        looked = TimeProvider.System.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose() => news.Dispose();

    private void Wake()
    {
        lock (gate)
        {
            if (news.CurrentCount == 0)
            {
                news.Release();
            }
        }
    }
}
