using System.Text.Json.Serialization;
using Ledger.Http.Checks;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Reporting;

/// <summary>How the runs of one check went (wire.md 3.11).</summary>
/// <param name="Name">As it is registered.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="Deactivated">Whether no trigger may select it.</param>
/// <param name="Tags">What triggers select it by.</param>
public sealed record CheckReporting(string Name, Guid CheckId, string CheckType, bool Deactivated, IReadOnlyList<string> Tags)
{
    /// <summary>The window as a whole; absent when no run counts, and when there are buckets.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReportingAggregate? Aggregate { get; private init; }

    /// <summary>The buckets in which a run counts, in order; absent when the window is shown as a whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ReportingAggregate>? Aggregates { get; private init; }

    /// <summary>The report of a check, from its buckets.</summary>
    public static CheckReporting Of(Check check, IReadOnlyList<ReportingAggregate> aggregates, ReportingQuery query) =>
        new(check.Name, check.Id, check.CheckType, !check.Activated, check.Tags)
        {
            Aggregate = query.HasGranularity ? null : aggregates.SingleOrDefault(),
            Aggregates = query.HasGranularity ? aggregates : null,
        };
}

/// <summary>How some runs went. No run of them is cancelled, and there is at least one.</summary>
/// <param name="SuccessRatio">Successes in percent, 0 to 100.</param>
/// <param name="Avg">The mean response time in milliseconds; 0 when no run has one, since none may be left out or null.</param>
/// <param name="P95">The response time that 95 % of the runs do not exceed.</param>
/// <param name="P99">The one that 99 % do not exceed.</param>
public sealed record ReportingAggregate(decimal SuccessRatio, decimal Avg, long P95, long P99)
{
    /// <summary>The start of a bucket, clamped to the window; absent for the window as a whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? From { get; private init; }

    /// <summary>Its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? To { get; private init; }

    /// <summary>What is shown of a bucket; null when no run counts.</summary>
    public static ReportingAggregate? Of(MeasuredRuns runs, ReportingQuery query)
    {
        var times = runs.Metrics.ResponseTimes;
        return runs.Metrics.SuccessRatio is { } ratio
            ? new ReportingAggregate(ratio, times.Average ?? 0, times.Percentile(95) ?? 0, times.Percentile(99) ?? 0)
            {
                From = query.HasGranularity ? query.Bounds[runs.Bucket] : null,
                To = query.HasGranularity ? query.EndOf(runs.Bucket) : null,
            }
            : null;
    }
}
