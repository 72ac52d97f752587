namespace Ledger.Projections.Daemon;

/// <summary>How many events a second a projection has handled lately.</summary>
internal sealed class Pace(TimeProvider clock)
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(2);

    private readonly Lock gate = new();
    private long since = clock.GetTimestamp();
    private long counted;
    private double? last;

    /// <summary>Over the last full seconds in which it worked; null before there were any.</summary>
    public double? PerSecond
    {
        get
        {
            lock (gate)
            {
                return clock.GetElapsedTime(since) > Window * 2 ? null : last;
            }
        }
    }

    /// <summary>Some events were handled.</summary>
    public void Count(long events)
    {
        lock (gate)
        {
            counted += events;
            var elapsed = clock.GetElapsedTime(since);
            if (elapsed >= Window)
            {
                last = counted / elapsed.TotalSeconds;
                counted = 0;
                since = clock.GetTimestamp();
            }
        }
    }
}
