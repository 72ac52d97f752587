using System.Threading.Channels;

namespace Ledger.Http.Live;

/// <summary>Lets requests follow one session, whichever host writes it. Following costs no database connection.</summary>
public sealed class SessionFeed(SessionChanges changes, SessionWriter sessions, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    /// <summary>Follows a session: subscribe first, then read, then start at what was read, and nothing falls in between.</summary>
    public SessionSubscription Subscribe(StreamId stream) => new(changes, stream);

    /// <summary>
    /// Waits until a session is settled. It is read once at the beginning, and again only for a follower that was too slow. When the host stops,
    /// the wait is over at once.
    /// </summary>
    /// <param name="maxWait">How long to wait at most; zero only looks.</param>
    /// <param name="cancellation">Ends the wait, because the caller has gone.</param>
    public async Task<SettledWait> WaitUntilSettledAsync(StreamId stream, TimeSpan maxWait, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        using var over = new CancellationTokenSource(maxWait, clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(over.Token, lifetime.ApplicationStopping, cancellation);
        while (true)
        {
            using var subscription = Subscribe(stream);
            if (await sessions.ReadAsync(stream, cancellation) is not { } snapshot)
            {
                return SettledWait.Unknown;
            }

            subscription.Start(snapshot.Version);
            while (snapshot.Session.IsOpen && await HasNextAsync(subscription, ending.Token))
            {
                while (subscription.TryRead(out var next))
                {
                    snapshot = SessionSnapshot.Fold(snapshot, [next])!;
                }
            }

            if (!snapshot.Session.IsOpen)
            {
                return SettledWait.With(snapshot);
            }

            cancellation.ThrowIfCancellationRequested();
            if (ending.IsCancellationRequested)
            {
                await UseUpAsync(began, maxWait, cancellation);
                return SettledWait.UsedUp;
            }
        }
    }

    /// <summary>
    /// Timers may fire a little early, and callers who are told so come again at once (docs/dialects/checkly.md#awaiting).
    /// </summary>
    private async Task UseUpAsync(long began, TimeSpan maxWait, CancellationToken cancellation)
    {
        while (clock.GetElapsedTime(began) < maxWait && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), clock, cancellation);
        }
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

/// <summary>
/// The events of one session after the version that it was started at, in order. Bounded: who does not keep up finds the channel closed and has
/// to subscribe and read again; nobody else waits for them.
/// </summary>
public sealed class SessionSubscription : IDisposable
{
    private const int Capacity = 256;
    private const long MostBytes = 1024 * 1024;

    private readonly Channel<RecordedEvent> channel = Channel.CreateBounded<RecordedEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private readonly SessionFollower follower;
    private long bytes;

    internal SessionSubscription(SessionChanges changes, StreamId stream) => follower = changes.Follow(stream, Take);

    /// <summary>Waits for events; completed when they came faster than they were read.</summary>
    public ChannelReader<RecordedEvent> Events => channel.Reader;

    /// <summary>Begins with the event after this version.</summary>
    public void Start(long version) => follower.Start(version);

    /// <summary>The next event, if it is there.</summary>
    public bool TryRead([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out RecordedEvent? recorded)
    {
        if (!channel.Reader.TryRead(out recorded))
        {
            return false;
        }

        Interlocked.Add(ref bytes, -SessionSnapshot.BytesOf(recorded.Data));
        return true;
    }

    public void Dispose() => follower.Dispose();

    /// <summary>One that is alone larger than what may wait is taken all the same.</summary>
    private void Take(RecordedEvent recorded)
    {
        var size = SessionSnapshot.BytesOf(recorded.Data);
        if ((Interlocked.Add(ref bytes, size) > MostBytes && Interlocked.Read(ref bytes) > size) || !channel.Writer.TryWrite(recorded))
        {
            channel.Writer.TryComplete();
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
