namespace Ledger.Streams;

/// <summary>
/// Follows one session: each event after the version that it was started at, once and in order, whichever host wrote it. What comes
/// before the start is only remembered: follow first, then read, then start at what was read, and nothing falls in between.
/// </summary>
public sealed class SessionFollower : IDisposable
{
    private const long NotStarted = -1;

    private readonly Lock gate = new();
    private readonly Action<RecordedEvent> take;
    private readonly Action<SessionFollower> look;
    private readonly Action<SessionFollower> ended;
    private long version = NotStarted;
    private long heardOf;

    internal SessionFollower(StreamId stream, Action<RecordedEvent> take, Action<SessionFollower> look, Action<SessionFollower> ended)
    {
        (Stream, this.take, this.look, this.ended) = (stream, take, look, ended);
    }

    /// <summary>The session.</summary>
    public StreamId Stream { get; }

    /// <summary>The version up to which it has all events; null before the start.</summary>
    internal long? Version => Volatile.Read(ref version) is var known and not NotStarted ? known : null;

    /// <summary>Begins with the event after this version. Only the first call counts.</summary>
    public void Start(long readVersion)
    {
        lock (gate)
        {
            if (version != NotStarted)
            {
                return;
            }

            Volatile.Write(ref version, readVersion);
            if (heardOf <= readVersion)
            {
                return;
            }
        }

        look(this);
    }

    /// <summary>Ends it; an event that is being handed over may still come.</summary>
    public void Dispose() => ended(this);

    /// <summary>The session has come to a version. True when its events are to be read.</summary>
    internal bool Hear(long newVersion)
    {
        lock (gate)
        {
            heardOf = Math.Max(heardOf, newVersion);
            return version != NotStarted && newVersion > version;
        }
    }

    /// <summary>Hands over events of the session, in order; those that it has are passed over. False when there are some missing before.</summary>
    internal bool Offer(IReadOnlyList<RecordedEvent> events)
    {
        lock (gate)
        {
            heardOf = Math.Max(heardOf, events[^1].Version);
            if (version == NotStarted)
            {
                return true;
            }

            foreach (var recorded in events)
            {
                if (recorded.Version > version + 1)
                {
                    return false;
                }

                if (recorded.Version == version + 1)
                {
                    Volatile.Write(ref version, recorded.Version);
                    take(recorded);
                }
            }

            return true;
        }
    }
}
