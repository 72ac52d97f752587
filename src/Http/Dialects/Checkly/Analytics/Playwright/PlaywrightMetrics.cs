using System.Collections.Frozen;
using System.Text.Json.Serialization;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Analytics.Playwright;

/// <summary>A metric of single runs (wire.md 9).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">What it is measured in.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Of">Its value.</param>
public sealed record RawMetric(string Name, string Unit, string Label, Func<MeasuredRun, long?> Of)
{
    /// <summary>All of them, by name.</summary>
    public static readonly FrozenDictionary<string, RawMetric> All = new RawMetric[]
    {
        new("responseTime", "milliseconds", "Response time", run => run.ResponseTime),
        new("retries", "count", "Retries", run => run.Attempt - 1),
    }.ToFrozenDictionary(metric => metric.Name, StringComparer.Ordinal);
}

/// <summary>A metric of many runs (wire.md 9).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Unit">What it is measured in.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Aggregation">How it comes of the runs.</param>
/// <param name="Of">Its value; null when no run counts.</param>
public sealed record AggregatedMetric(string Name, string Unit, string Label, string Aggregation, Func<RunMetrics, decimal?> Of)
{
    /// <summary>All of them, by name.</summary>
    public static readonly FrozenDictionary<string, AggregatedMetric> All = new AggregatedMetric[]
    {
        new("availability", "percentage", "Availability", "avg", runs => runs.SuccessRatio),
        ResponseTime("avg", times => times.Average),
        ResponseTime("max", times => times.Longest),
        ResponseTime("median", times => times.Percentile(50)),
        ResponseTime("min", times => times.Shortest),
        ResponseTime("p50", times => times.Percentile(50)),
        ResponseTime("p90", times => times.Percentile(90)),
        ResponseTime("p95", times => times.Percentile(95)),
        ResponseTime("p99", times => times.Percentile(99)),
        ResponseTime("stddev", times => times.Deviation),
        ResponseTime("sum", times => times.Count == 0 ? null : (decimal)times.Sum),
    }.ToFrozenDictionary(metric => metric.Name, StringComparer.Ordinal);

    private static AggregatedMetric ResponseTime(string aggregation, Func<ResponseTimes, decimal?> of) => new(
        $"responseTime_{aggregation}", "milliseconds", $"Response time ({aggregation})", aggregation, runs => of(runs.ResponseTimes));
}

/// <summary>What a client needs to know to show a metric.</summary>
/// <param name="Unit">What it is measured in.</param>
/// <param name="Label">Its name for people.</param>
/// <param name="Aggregation">How it comes of the runs; absent for a raw one.</param>
public sealed record MetricMetadata(
    string Unit, string Label, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Aggregation);
