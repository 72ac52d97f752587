using Ledger.Store;

namespace Ledger.Streams;

/// <summary>
/// The sessions that were used last, folded: least recently used out first, bounded by the runs and events that they hold. Never the truth: a
/// decision that rests on a stale entry fails on the stream's version and is made again (storage.md).
/// </summary>
/// <param name="capacity">How many runs and events all entries together may have; at least one entry is always kept.</param>
public sealed class SessionCache(int capacity)
{
    private readonly Lock gate = new();
    private readonly Dictionary<StreamId, LinkedListNode<SessionSnapshot>> entries = [];
    private readonly LinkedList<SessionSnapshot> byUse = [];
    private long weight;

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
                weight -= Weight(node.Value);
            }

            entries[snapshot.Stream] = byUse.AddFirst(snapshot);
            weight += Weight(snapshot);
            while (weight > capacity && byUse.Count > 1)
            {
                var oldest = byUse.Last!.Value;
                byUse.RemoveLast();
                entries.Remove(oldest.Stream);
                weight -= Weight(oldest);
            }
        }
    }

    // A session holds its runs and whatever its events brought: attempts, late reports, refusals.
    private static long Weight(SessionSnapshot snapshot) => snapshot.Session.Runs.Length + snapshot.Version;
}
