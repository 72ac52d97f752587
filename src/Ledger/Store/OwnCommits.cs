namespace Ledger.Store;

/// <summary>
/// Events that this host has committed and its feed has not brought yet, so that they need not be read back and parsed again. Commits of
/// several writers may come in any order. Bounded: what does not fit is read from the store.
/// </summary>
internal sealed class OwnCommits
{
    private const int Capacity = 10_000;

    private readonly Lock gate = new();
    private readonly SortedList<long, IReadOnlyList<RecordedEvent>> pages = [];
    private int events;

    /// <summary>Adds a commit.</summary>
    public void Add(Commit commit)
    {
        if (commit.Events.Count == 0)
        {
            return;
        }

        lock (gate)
        {
            if (events + commit.Events.Count > Capacity)
            {
                pages.Clear();
                events = 0;
            }

            pages.Add(commit.Events[0].Position, commit.Events);
            events += commit.Events.Count;
        }
    }

    /// <summary>The commit that goes on right after a position; null when it is not here. Lets go of everything up to the position.</summary>
    public IReadOnlyList<RecordedEvent>? After(long position)
    {
        lock (gate)
        {
            while (pages.Count > 0 && pages.GetValueAtIndex(0)[^1].Position <= position)
            {
                RemoveFirst();
            }

            return pages.Count > 0 && pages.GetKeyAtIndex(0) == position + 1 ? RemoveFirst() : null;
        }
    }

    /// <summary>Whether there are events beyond a gap, which somebody else has filled.</summary>
    public bool HasMore
    {
        get
        {
            lock (gate)
            {
                return pages.Count > 0;
            }
        }
    }

    private IReadOnlyList<RecordedEvent> RemoveFirst()
    {
        var first = pages.GetValueAtIndex(0);
        pages.RemoveAt(0);
        events -= first.Count;
        return first;
    }
}
