using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Reports.Checks;

/// <summary>How a report is divided.</summary>
public enum ReportGrouping
{
    /// <summary>Not at all.</summary>
    None,

    /// <summary>By UTC hours.</summary>
    Hour,

    /// <summary>By UTC days.</summary>
    Day,
}

/// <summary>What is asked of a report.</summary>
/// <param name="Bounds">The start of each bucket, and the end of the last one.</param>
/// <param name="To">The end as it is shown; that of a report up to now lets in what is settled meanwhile.</param>
/// <param name="GroupBy">How it is divided.</param>
/// <param name="CheckIds">Only these checks, in the order of their ids, as far as they come after <paramref name="After"/>; null for all.</param>
/// <param name="After">Only checks after this one; the nil uuid for all.</param>
/// <param name="Limit">How many checks at most.</param>
public sealed record CheckReportQuery(
    IReadOnlyList<DateTimeOffset> Bounds,
    DateTimeOffset To,
    ReportGrouping GroupBy,
    IReadOnlyList<Guid>? CheckIds,
    Guid After,
    int Limit)
{
    public const int MaximumBuckets = 400;

    public const int MaximumLimit = 100;

    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(24);

    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal)
    {
        "from", "to", "groupBy", "checkId", "limit", "cursor", Freshness.After,
    };

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static CheckReportQuery Read(HttpRequest request, DateTimeOffset now)
    {
        if (request.Query.Keys.FirstOrDefault(name => !Parameters.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }

        var asked = Capped(Inputs.Time(request, "to"));
        var to = asked ?? now;
        var from = Capped(Inputs.Time(request, "from")) ?? Before(to);
        if (from >= to)
        {
            throw RequestRejected.BadRequest("'from' must be before 'to'.");
        }

        var grouping = QueryWords<ReportGrouping>.One(request, "groupBy") ?? ReportGrouping.None;
        var after = request.Query["cursor"].ToString() is { Length: > 0 } cursor ? Inputs.Uuid("cursor", cursor) : Guid.Empty;
        return new CheckReportQuery(
            [.. StartsOf(grouping, from, to), asked ?? CheckMetricsQuery.Unbounded],
            to,
            grouping,
            ChecksOf(request)?.Where(id => id.CompareTo(after) > 0).ToList(),
            after,
            Inputs.Int(request, "limit", 1, MaximumLimit, MaximumLimit));
    }

    private static DateTimeOffset? Capped(DateTimeOffset? time) => time > CheckMetricsQuery.Unbounded ? CheckMetricsQuery.Unbounded : time;

    private static DateTimeOffset Before(DateTimeOffset to) =>
        to - DateTimeOffset.MinValue > DefaultRange ? to - DefaultRange : DateTimeOffset.MinValue;

    private static IReadOnlyList<Guid>? ChecksOf(HttpRequest request)
    {
        var ids = QueryArrays.Read(request.Query, "checkId").Select(id => Inputs.Uuid("checkId", id)).Distinct().Order().ToList();
        return ids.Count > MaximumLimit ? throw RequestRejected.BadRequest($"'checkId' may stand at most {MaximumLimit} times.")
            : ids.Count > 0 ? ids
            : null;
    }

    /// <summary>Where the buckets of a range start.</summary>
    private static IReadOnlyList<DateTimeOffset> StartsOf(ReportGrouping grouping, DateTimeOffset from, DateTimeOffset to)
    {
        if (grouping is ReportGrouping.None)
        {
            return [from];
        }

        var length = grouping is ReportGrouping.Hour ? TimeSpan.TicksPerHour : TimeSpan.TicksPerDay;
        var first = from.UtcTicks / length;
        var count = ((to.UtcTicks - 1) / length) - first + 1;
        return count <= MaximumBuckets
            ? [from, .. Enumerable.Range(1, (int)count - 1).Select(n => new DateTimeOffset((first + n) * length, TimeSpan.Zero))]
            : throw RequestRejected.BadRequest($"'groupBy' divides at most {MaximumBuckets} hours or days; this range has {count}.");
    }
}
