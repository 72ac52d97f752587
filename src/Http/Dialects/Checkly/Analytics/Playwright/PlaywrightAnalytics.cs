using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Checks;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Analytics.Playwright;

/// <summary>Metrics of one Playwright check (wire.md 3.11). It has no <c>frequency</c>: the ledger schedules nothing.</summary>
/// <param name="CheckId">The check.</param>
/// <param name="Name">As it is registered.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Activated">Whether a trigger may select it.</param>
/// <param name="Muted">Always false.</param>
/// <param name="From">The start of the range.</param>
/// <param name="To">Its end.</param>
/// <param name="Tags">What triggers select the check by.</param>
/// <param name="Series">One, or one for each location of which there is something.</param>
/// <param name="Metadata">About each metric, by its name.</param>
/// <param name="Pagination">Which page this is.</param>
public sealed record PlaywrightAnalytics(
    Guid CheckId,
    string Name,
    string CheckType,
    bool Activated,
    bool Muted,
    DateTimeOffset From,
    DateTimeOffset To,
    IReadOnlyList<string> Tags,
    IReadOnlyList<AnalyticsSeries> Series,
    IReadOnlyDictionary<string, MetricMetadata> Metadata,
    AnalyticsPagination Pagination)
{
    public static PlaywrightAnalytics Of(Check check, PlaywrightQuery query, IReadOnlyList<AnalyticsSeries> series) => new(
        check.Id,
        check.Name,
        check.CheckType,
        check.Activated,
        false,
        query.Window.From,
        query.Window.To,
        check.Tags,
        series,
        query.Raw.Select(metric => KeyValuePair.Create(metric.Name, new MetricMetadata(metric.Unit, metric.Label, null)))
            .Concat(query.Aggregated.Select(metric => KeyValuePair.Create(
                metric.Name, new MetricMetadata(metric.Unit, metric.Label, metric.Aggregation))))
            .ToDictionary(StringComparer.Ordinal),
        new AnalyticsPagination(query.Page, query.Limit));
}

/// <summary>The rows of one series: flat objects, a number or null for each metric.</summary>
/// <param name="RunLocation">The location; absent when locations are not apart.</param>
/// <param name="Data">In the order of time; each run, or each interval, with <c>startedAt</c>.</param>
public sealed record AnalyticsSeries(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RunLocation, IReadOnlyList<JsonObject> Data)
{
    private const string StartedAt = "startedAt";

    /// <summary>One row for each run.</summary>
    public static AnalyticsSeries Of(string? location, IEnumerable<MeasuredRun> runs, PlaywrightQuery query) => new(location, [.. runs.Select(run =>
    {
        var row = new JsonObject { [StartedAt] = run.StartedAt is { } startedAt ? Text(startedAt) : null };
        foreach (var metric in query.Raw)
        {
            row[metric.Name] = metric.Of(run);
        }

        return row;
    })]);

    /// <summary>One row for each interval, or one of everything.</summary>
    public static AnalyticsSeries Of(
        string? location, IReadOnlyList<DateTimeOffset> intervals, IEnumerable<MeasuredRuns> runs, PlaywrightQuery query)
    {
        var found = runs.ToDictionary(each => each.Bucket, each => each.Metrics);
        return new AnalyticsSeries(location, [.. Enumerable.Range(0, Math.Max(0, intervals.Count - 1)).Select(bucket =>
        {
            var row = new JsonObject();
            if (query.Interval is not null)
            {
                row[StartedAt] = Text(intervals[bucket]);
            }

            var metrics = found.GetValueOrDefault(bucket) ?? new RunMetrics();
            foreach (var metric in query.Aggregated)
            {
                row[metric.Name] = metric.Of(metrics);
            }

            return row;
        })]);
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture);
}

/// <summary>Which page this is.</summary>
public sealed record AnalyticsPagination(int Page, int Limit);
