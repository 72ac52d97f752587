namespace Ledger.Http.Metrics;

/// <summary>What Prometheus calls a metric family: one name, one type, one sample for each set of labels.</summary>
/// <param name="Name">The name, with its unit and, for a counter, <c>_total</c>.</param>
/// <param name="Type">How the samples behave.</param>
/// <param name="Help">What it says, in one sentence.</param>
/// <param name="Samples">The samples.</param>
public sealed record MetricFamily(string Name, MetricType Type, string Help, IReadOnlyList<MetricSample> Samples)
{
    /// <summary>A gauge with one sample and no label.</summary>
    public static MetricFamily Gauge(string name, string help, double value) => new(name, MetricType.Gauge, help, [new([], value)]);

    /// <summary>A gauge with a sample for each value of one label.</summary>
    public static MetricFamily Gauge(string name, string help, string label, IEnumerable<(string Value, double Sample)> samples) =>
        new(name, MetricType.Gauge, help, [.. samples.Select(sample => new MetricSample([new(label, sample.Value)], sample.Sample))]);
}

/// <summary>The types of the text format that are used here.</summary>
public enum MetricType
{
    /// <summary>Only grows.</summary>
    Counter,

    /// <summary>Goes up and down.</summary>
    Gauge,

    /// <summary>Counts by size.</summary>
    Histogram,
}

/// <summary>One sample.</summary>
/// <param name="Labels">Its labels.</param>
/// <param name="Value">The value; of a histogram the sum.</param>
/// <param name="Buckets">Of a histogram: each upper bound with the count up to it, ending with +Inf.</param>
public sealed record MetricSample(
    IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, IReadOnlyList<(double Bound, long Count)>? Buckets = null);
