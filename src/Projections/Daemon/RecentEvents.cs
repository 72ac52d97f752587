using Ledger.Store;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The last events of the feed, without a gap, so that the projections of one host do not each read and parse them anew. Bounded; who is
/// further behind reads from the store.
/// </summary>
internal sealed class RecentEvents
{
    private const int Capacity = 4_096;

    private readonly Lock gate = new();
    private readonly List<RecordedEvent> events = [];
    private long last;

    /// <summary>The position of the last event that the feed has brought.</summary>
    public long Last => Volatile.Read(ref last);

    /// <summary>Adds what the feed brings next.</summary>
    public void Add(IReadOnlyList<RecordedEvent> next)
    {
        if (next.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            if (next[0].Position != last + 1)
            {
                events.Clear();
            }

            events.AddRange(next.Skip(next.Count - Capacity));
            events.RemoveRange(0, Math.Max(0, events.Count - Capacity));
            Volatile.Write(ref last, next[^1].Position);
        }
    }

    /// <summary>The events after a position; empty when there is none, or when they are not all here.</summary>
    public IReadOnlyList<RecordedEvent> After(long position, int limit)
    {
        lock (gate)
        {
            var skipped = events.Count == 0 ? -1 : position - events[0].Position + 1;
            return skipped < 0 || skipped >= events.Count
                ? []
                : events.GetRange((int)skipped, (int)Math.Min(limit, events.Count - skipped));
        }
    }

    /// <summary>Lets go of the events up to a position, which nobody here needs any more.</summary>
    public void Forget(long through)
    {
        lock (gate)
        {
            var gone = events.Count == 0 ? 0 : Math.Clamp(through - events[0].Position + 1, 0, events.Count);
            events.RemoveRange(0, (int)gone);
        }
    }
}
