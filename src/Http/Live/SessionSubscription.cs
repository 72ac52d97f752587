using System.Threading.Channels;
using Ledger.Store;

namespace Ledger.Http.Live;

/// <summary>
/// The events of one session from the moment of subscribing on. Bounded: who does not keep up finds the channel closed and has to
/// subscribe and read again; nobody else waits for them.
/// </summary>
public sealed class SessionSubscription : IDisposable
{
    private const int Capacity = 256;

    private readonly Channel<RecordedEvent> channel = Channel.CreateBounded<RecordedEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    private readonly Action<SessionSubscription> ended;

    public SessionSubscription(StreamId stream, Action<SessionSubscription> ended)
    {
        Stream = stream;
        this.ended = ended;
    }

    /// <summary>The session.</summary>
    public StreamId Stream { get; }

    /// <summary>Its events, in order; completed when they came faster than they were read.</summary>
    public ChannelReader<RecordedEvent> Events => channel.Reader;

    /// <summary>Hands over an event; never blocks.</summary>
    public void Offer(RecordedEvent recorded)
    {
        if (!channel.Writer.TryWrite(recorded))
        {
            channel.Writer.TryComplete();
        }
    }

    public void Dispose() => ended(this);
}
