using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Live;

/// <summary>
/// Hands what the host's event feed brings, from whichever host it was written on, to those who follow one session. Following costs no
/// database connection.
/// </summary>
public sealed class SessionFeed(SessionWriter sessions, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private readonly Followers<StreamId, SessionSubscription> followers = new();

    /// <summary>Ends when the host begins to stop, and with it everything that waits here.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>Takes the next events of the log, in order. Never blocks.</summary>
    public void Publish(IReadOnlyList<RecordedEvent> events)
    {
        foreach (var recorded in events)
        {
            foreach (var subscription in followers.Of(recorded.Stream))
            {
                subscription.Offer(recorded);
            }
        }
    }

    /// <summary>Follows a session from now on: subscribe first, then read, and nothing falls in between.</summary>
    public SessionSubscription Subscribe(StreamId stream)
    {
        var subscription = new SessionSubscription(stream, ended => followers.Remove(stream, ended));
        followers.Add(stream, subscription);
        return subscription;
    }

    /// <summary>
    /// Waits until a session is settled. The database is read once at the beginning, and again only for a follower that was too slow;
    /// everything else comes with the feed. When the host stops, the wait is over at once.
    /// </summary>
    /// <param name="stream">The session.</param>
    /// <param name="maxWait">How long to wait at most; zero only looks.</param>
    /// <param name="cancellation">Ends the wait, because the caller has gone.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">The caller has gone.</exception>
    public async Task<SettledWait> WaitUntilSettledAsync(StreamId stream, TimeSpan maxWait, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        using var over = new CancellationTokenSource(maxWait, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(over.Token, Stopping, cancellation);
        while (true)
        {
            using var subscription = Subscribe(stream);
            if (await sessions.ReadAsync(stream, cancellation) is not { } snapshot)
            {
                return SettledWait.Unknown;
            }

            while (snapshot.Session.IsOpen)
            {
                if (!await HasNextAsync(subscription, ending.Token))
                {
                    cancellation.ThrowIfCancellationRequested();
                    if (ending.IsCancellationRequested)
                    {
                        await UseUpAsync(began, maxWait, cancellation);
                        return SettledWait.UsedUp;
                    }

                    break;
                }

                snapshot = await CatchUpAsync(snapshot, subscription, cancellation);
            }

            if (!snapshot.Session.IsOpen)
            {
                return SettledWait.With(snapshot);
            }
        }
    }

    /// <summary>
    /// Timers may fire a little early, and callers who are told so come again at once (docs/dialects/checkly.md#awaiting).
    /// </summary>
    private async Task UseUpAsync(long began, TimeSpan maxWait, CancellationToken cancellation)
    {
        while (clock.GetElapsedTime(began) < maxWait && !Stopping.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), clock, cancellation);
        }
    }

    private async Task<SessionSnapshot> CatchUpAsync(
        SessionSnapshot snapshot, SessionSubscription subscription, CancellationToken cancellation)
    {
        while (subscription.Events.TryRead(out var next))
        {
            if (next.Version == snapshot.Version + 1)
            {
                snapshot = SessionSnapshot.Fold(snapshot, [next])!;
            }
            else if (next.Version > snapshot.Version)
            {
                snapshot = (await sessions.ReadAsync(subscription.Stream, cancellation))!;
            }
        }

        return snapshot;
    }

    private static async Task<bool> HasNextAsync(SessionSubscription subscription, CancellationToken ending)
    {
        try
        {
            return await subscription.Events.WaitToReadAsync(ending);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}

/// <summary>What came of waiting for a session to settle.</summary>
/// <param name="IsKnown">Whether the account has such a session.</param>
/// <param name="Settled">The settled session; null when it is unknown, or still open after the whole wait.</param>
public readonly record struct SettledWait(bool IsKnown, SessionSnapshot? Settled)
{
    /// <summary>The account has no such session.</summary>
    public static SettledWait Unknown { get; } = new(false, null);

    /// <summary>The session is open still; all of the wait has passed, or the host is stopping.</summary>
    public static SettledWait UsedUp { get; } = new(true, null);

    public static SettledWait With(SessionSnapshot settled) => new(true, settled);
}
