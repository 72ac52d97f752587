using Ledger.Projections.Metrics;

namespace Ledger.Projections.Cancellations;

/// <summary>How long something took, many times over.</summary>
public sealed class Latency
{
    private readonly Histogram histogram;

    /// <summary>Nothing yet.</summary>
    public Latency()
        : this(new Histogram(), null)
    {
    }

    internal Latency(Histogram histogram, long? max)
    {
        this.histogram = histogram;
        Max = max;
    }

    /// <summary>How often it was measured.</summary>
    public long Count => histogram.Count;

    /// <summary>The longest, exactly, in milliseconds; null without data.</summary>
    public long? Max { get; private set; }

    /// <summary>The histogram's bytes.</summary>
    internal byte[] Bytes => histogram.ToBytes();

    /// <summary>
    /// The value of a rank in milliseconds, within <see cref="Histogram.RelativeError"/>, never above the maximum; null without data.
    /// </summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long? Percentile(double percent) => histogram.Percentile(percent) is { } value ? Math.Min(value, Max!.Value) : null;

    /// <summary>From one fact to a later one, as times are written; never less than nothing, since clocks of several hosts may differ.</summary>
    internal static long Milliseconds(DateTimeOffset from, DateTimeOffset to) =>
        Math.Max(0, to.ToUnixTimeMilliseconds() - from.ToUnixTimeMilliseconds());

    /// <summary>Measures once, if both facts are there.</summary>
    internal void Add(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } start && to is { } end)
        {
            var milliseconds = Milliseconds(start, end);
            histogram.Add(milliseconds);
            Max = Math.Max(Max ?? 0, milliseconds);
        }
    }

    /// <summary>Adds everything that another one holds.</summary>
    internal void Add(Latency other)
    {
        histogram.Add(other.histogram);
        Max = ((long?[])[Max, other.Max]).Max();
    }
}
