using System.Threading.Channels;

namespace Ledger.Http.Mqtt.Connections;

/// <summary>
/// What is to be sent to one client, in order. Bounded by bytes: to offer never blocks, and a client that does not keep up is given up, so
/// that it costs nobody else time or memory.
/// </summary>
/// <param name="cutOff">Ends the connection at once; called perhaps more than once.</param>
public sealed class Outbox(Action cutOff)
{
    /// <summary>The most that may wait, in bytes.</summary>
    public const int Capacity = 1024 * 1024;

    // What an entry costs beside its packet.
    private const int EntrySize = 128;

    private readonly Channel<Entry> waiting = Channel.CreateUnbounded<Entry>(new UnboundedChannelOptions { SingleReader = true });
    private long size;

    /// <summary>Puts in a packet. It may be shared with other outboxes, and must not change.</summary>
    public void Offer(ReadOnlyMemory<byte> packet) => Offer(new Entry(packet, []), packet.Length + EntrySize);

    /// <summary>Puts in packets that are made one by one while they are sent: however many, they take the client's time and no memory.</summary>
    public void Offer(IEnumerable<ReadOnlyMemory<byte>> packets) => Offer(new Entry(default, packets), EntrySize);

    /// <summary>
    /// Cuts the client off, for something that it should have been sent is missing: it connects again and finds out what.
    /// </summary>
    public void GiveUp() => cutOff();

    /// <summary>Takes nothing more; what is in it is sent still.</summary>
    public void Complete() => waiting.Writer.TryComplete();

    /// <summary>Sends everything until it is completed.</summary>
    /// <param name="send">Sends one packet.</param>
    public async Task SendAllAsync(Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        await foreach (var entry in waiting.Reader.ReadAllAsync())
        {
            if (!entry.Packet.IsEmpty)
            {
                await send(entry.Packet);
            }

            foreach (var packet in entry.Packets)
            {
                await send(packet);
            }

            Interlocked.Add(ref size, -(entry.Packet.Length + EntrySize));
        }
    }

    private void Offer(Entry entry, int cost)
    {
        if (Interlocked.Add(ref size, cost) > Capacity)
        {
            cutOff();
        }
        else
        {
            waiting.Writer.TryWrite(entry);
        }
    }

    private readonly record struct Entry(ReadOnlyMemory<byte> Packet, IEnumerable<ReadOnlyMemory<byte>> Packets);
}
