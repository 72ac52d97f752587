namespace Ledger.Streams;

/// <summary>
/// The sessions that were used last, folded: least recently used out first, bounded by the bytes that they hold. Never the truth: a
/// decision that rests on a stale entry fails on the stream's version and is made again.
/// </summary>
/// <param name="capacity">How many bytes all entries together may have, as estimated; at least one entry is always kept.</param>
public sealed class SessionCache(long capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<StreamId, LinkedListNode<SessionSnapshot>> entries = [];
    private readonly LinkedList<SessionSnapshot> byUse = [];
    private long bytes;

    /// <summary>The entry for a stream, or null.</summary>
    public SessionSnapshot? Find(StreamId stream)
    {
        lock (gate)
        {
            if (!entries.TryGetValue(stream, out var node))
            {
                return null;
            }

            byUse.Remove(node);
            byUse.AddFirst(node);
            return node.Value;
        }
    }

    /// <summary>Keeps a snapshot, unless a newer one of the same stream is there.</summary>
    public void Keep(SessionSnapshot snapshot)
    {
        lock (gate)
        {
            if (entries.TryGetValue(snapshot.Stream, out var node))
            {
                if (node.Value.Version >= snapshot.Version)
                {
                    return;
                }

                byUse.Remove(node);
                bytes -= node.Value.Bytes;
            }

            entries[snapshot.Stream] = byUse.AddFirst(snapshot);
            bytes += snapshot.Bytes;
            while (bytes > capacity && byUse.Count > 1)
            {
                var oldest = byUse.Last!.Value;
                byUse.RemoveLast();
                entries.Remove(oldest.Stream);
                bytes -= oldest.Bytes;
            }
        }
    }
}
