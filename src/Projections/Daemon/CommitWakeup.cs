using JasperFx.Events.Daemon.HighWater;
using Ledger.Streams;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Wakes Marten's daemon when a host has committed something: this one or, by its notes, another. Marten's own way is a <c>NOTIFY</c> in each
/// append, and PostgreSQL has transactions that notify commit one after another. Under load it looks at most once in <see cref="Pace"/>,
/// since what a page costs hardly depends on its length; somebody who waits for a read model hurries it. A note that was lost is made good by
/// Marten's polling.
/// </summary>
public sealed class CommitWakeup : IDaemonWakeup, IDisposable
{
    /// <summary>The time from one look to the next while there is always something new; an idle daemon looks at once.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(100);

    /// <summary>The same while somebody on this host waits for a read model.</summary>
    public static readonly TimeSpan HurriedPace = TimeSpan.FromMilliseconds(25);

    private readonly SemaphoreSlim news = new(0, 1);
    private readonly SemaphoreSlim haste = new(0, 1);
    private readonly Lock gate = new();
    private readonly TimeSpan pace;
    private long looked;

    /// <summary>Wakes from now on.</summary>
    /// <param name="changes">What is committed.</param>
    /// <param name="pace">How seldom it looks under load; null for <see cref="Pace"/>.</param>
    public CommitWakeup(SessionChanges changes, TimeSpan? pace = null)
    {
        this.pace = pace ?? Pace;
        changes.WhenChanged(() => Raise(news));
    }

    /// <summary>Somebody waits for what was committed: the next look comes sooner.</summary>
    public void Hurry() => Raise(haste);

    /// <inheritdoc/>
    public async Task WaitAsync(TimeSpan timeout, CancellationToken token)
    {
        // What was committed since the last look began is not forgotten: it may have come too late for it.
        await news.WaitAsync(timeout, token);
        if (UntilLookAfter(HurriedPace) is { Ticks: > 0 } least)
        {
            await Task.Delay(least, token);
        }

        await haste.WaitAsync(UntilLookAfter(pace), token);
        looked = TimeProvider.System.GetTimestamp();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        news.Dispose();
        haste.Dispose();
    }

    private TimeSpan UntilLookAfter(TimeSpan interval)
    {
        var left = interval - TimeProvider.System.GetElapsedTime(looked);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Raise(SemaphoreSlim signal)
    {
        lock (gate)
        {
            if (signal.CurrentCount == 0)
            {
                signal.Release();
            }
        }
    }
}
