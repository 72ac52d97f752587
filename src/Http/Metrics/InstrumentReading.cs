using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace Ledger.Http.Metrics;

/// <summary>What one instrument has measured, by its labels.</summary>
public sealed class InstrumentReading
{
    // For instruments that advise nothing: seconds, from a millisecond on.
    private static readonly double[] UsualBounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    // The runtime declares these as counters, although they go up and down.
    private static readonly string[] Standing = ["dotnet.thread_pool.thread.count", "dotnet.thread_pool.queue.length"];

    private readonly ConcurrentDictionary<Labels, Series> all = new();
    private readonly string name;
    private readonly string help;
    private readonly MetricType type;
    private readonly bool isSet;
    private readonly double[] bounds;
    private long dropped;

    private InstrumentReading(Instrument instrument, MetricType type, bool isSet, double[] bounds)
    {
        this.type = type;
        this.isSet = isSet;
        this.bounds = bounds;
        name = NameOf(instrument, type);
        help = instrument.Description ?? instrument.Name;
    }

    /// <summary>Measurements that were left out because there were too many sets of labels.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>A reading of an instrument; null for a kind of instrument that the text format has no type for.</summary>
    public static InstrumentReading? Of(Instrument instrument)
    {
        var kind = instrument.GetType() is { IsGenericType: true } generic ? generic.GetGenericTypeDefinition() : null;
        return kind switch
        {
            _ when Standing.Contains(instrument.Name) => new(instrument, MetricType.Gauge, isSet: true, []),
            _ when kind == typeof(Counter<>) => new(instrument, MetricType.Counter, isSet: false, []),
            _ when kind == typeof(ObservableCounter<>) => new(instrument, MetricType.Counter, isSet: true, []),
            _ when kind == typeof(UpDownCounter<>) => new(instrument, MetricType.Gauge, isSet: false, []),
            _ when kind == typeof(ObservableUpDownCounter<>) || kind == typeof(ObservableGauge<>) || kind == typeof(Gauge<>) =>
                new(instrument, MetricType.Gauge, isSet: true, []),
            _ when kind == typeof(Histogram<>) => new(instrument, MetricType.Histogram, isSet: false, BoundsOf(instrument)),
            _ => null,
        };
    }

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = new Labels([.. tags]);
        if (!all.TryGetValue(labels, out var series))
        {
            if (all.Count >= MeterReader.MaximumSeries)
            {
                Interlocked.Increment(ref dropped);
                return;
            }

            series = all.GetOrAdd(labels, _ => new Series(bounds.Length + 1));
        }

        lock (series)
        {
            series.Value = isSet ? value : series.Value + value;
            if (type is MetricType.Histogram)
            {
                var at = Array.BinarySearch(bounds, value);
                series.Counts[at < 0 ? ~at : at]++;
            }
        }
    }

    public void Clear() => all.Clear();

    public MetricFamily Read() => new(name, type, help, [.. all.Select(each => Sample(each.Key, each.Value)).OrderBy(sample => string.Join(',', sample.Labels), StringComparer.Ordinal)]);

    private MetricSample Sample(Labels labels, Series series)
    {
        KeyValuePair<string, string>[] texts =
        [
            .. labels.Tags.Select(tag => KeyValuePair.Create(
                PrometheusText.NameOf(tag.Key), Convert.ToString(tag.Value, CultureInfo.InvariantCulture) ?? "")),
        ];
        lock (series)
        {
            return new MetricSample(texts, series.Value, type is MetricType.Histogram ? Cumulated(series.Counts) : null);
        }
    }

    private List<(double Bound, long Count)> Cumulated(long[] counts)
    {
        var buckets = new List<(double, long)>(counts.Length);
        var sum = 0L;
        for (var at = 0; at < counts.Length; at++)
        {
            sum += counts[at];
            buckets.Add((at < bounds.Length ? bounds[at] : double.PositiveInfinity, sum));
        }

        return buckets;
    }

    private static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(bound => (double)bound)],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } advised } => [.. advised.Select(bound => (double)bound)],
        _ => UsualBounds,
    };

    private static string NameOf(Instrument instrument, MetricType type)
    {
        var name = PrometheusText.NameOf(instrument.Name);
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
        return type is MetricType.Counter && !name.EndsWith("_total", StringComparison.Ordinal) ? $"{name}_total" : name;
    }

    private sealed class Series(int buckets)
    {
        public double Value { get; set; }

        public long[] Counts { get; } = new long[buckets];
    }

    /// <summary>A set of labels, as the instrument names them.</summary>
    private readonly struct Labels(KeyValuePair<string, object?>[] tags) : IEquatable<Labels>
    {
        public KeyValuePair<string, object?>[] Tags => tags;

        public bool Equals(Labels other)
        {
            if (tags.Length != other.Tags.Length)
            {
                return false;
            }

            for (var at = 0; at < tags.Length; at++)
            {
                if (!string.Equals(tags[at].Key, other.Tags[at].Key, StringComparison.Ordinal) || !Equals(tags[at].Value, other.Tags[at].Value))
                {
                    return false;
                }
            }

            return true;
        }

        public override bool Equals(object? obj) => obj is Labels other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            foreach (var tag in tags)
            {
                hash.Add(tag.Key, StringComparer.Ordinal);
                hash.Add(tag.Value);
            }

            return hash.ToHashCode();
        }
    }
}
