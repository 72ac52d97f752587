using Ledger.Store;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The last events of the feed, so that the projections of one host do not each read and parse them anew: everything that there is between
/// two positions. Bounded; who is further behind reads from the store.
/// </summary>
internal sealed class RecentEvents
{
    private const int Capacity = 4_096;

    private readonly Lock gate = new();
    private readonly List<RecordedEvent> events = [];
    private long from = -1;
    private long last = -1;

    /// <summary>The position up to which the feed has brought everything.</summary>
    public long Last => Volatile.Read(ref last);

    /// <summary>Adds what the feed brings next.</summary>
    public void Add(EventPage page)
    {
        lock (gate)
        {
            if (page.After != last)
            {
                events.Clear();
                from = page.After;
            }

            events.AddRange(page.Events);
            Volatile.Write(ref last, page.Through);
            if (events.Count > Capacity)
            {
                from = events[events.Count - Capacity - 1].Position;
                events.RemoveRange(0, events.Count - Capacity);
            }
        }
    }

    /// <summary>The events after a position, and up to where they are all; null when they are not all here.</summary>
    public EventPage? After(long position, long through)
    {
        lock (gate)
        {
            if (position < from || position >= last)
            {
                return null;
            }

            through = Math.Min(through, last);
            return new EventPage(position, [.. events.Where(recorded => recorded.Position > position && recorded.Position <= through)], through);
        }
    }

    /// <summary>Lets go of the events up to a position, which nobody here needs any more.</summary>
    public void Forget(long through)
    {
        lock (gate)
        {
            var kept = events.FindIndex(recorded => recorded.Position > through);
            events.RemoveRange(0, kept < 0 ? events.Count : kept);
            from = Math.Clamp(through, from, last);
        }
    }
}
