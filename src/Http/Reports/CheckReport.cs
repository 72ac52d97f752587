using Ledger.Projections.CheckResults;

namespace Ledger.Http.Reports;

public static class CheckReportEndpoint
{
    [WolverineGet("/ledger/reports/checks"), Authorize(Scopes.Read), CostlyRead, Tags("Reports")]
    [EndpointSummary(
        "How the runs of each check went that were settled in a time range, by check id. With groupBy each check has buckets as well: the same "
        + "figures for each UTC hour or day in which a run was settled, in order, the first and the last clamped to the range.")]
    [QueryText("from", "Settled at or after this ISO 8601 time; 24 hours before 'to' when absent.")]
    [QueryText("to", "Settled before this ISO 8601 time; up to now when absent.")]
    [QueryText("groupBy", "none, hour or day; at most 400 hours or days.")]
    [QueryText("checkId", "Only these checks, at most 100.", IsArray = true)]
    [QueryNumber("limit", "Checks of a page, 1 to 100, as many when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the report must show.")]
    public static async Task<CheckReportPage> Get(
        HttpRequest request, Caller caller, CheckMetricsReader metrics, Freshness freshness, TimeProvider clock, CancellationToken cancellation)
    {
        var query = CheckReportQuery.Read(request, clock.GetUtcNow());
        caller.RequireWholeAccount();
        await freshness.WaitAsync(CheckMetricsReader.ProjectionName, request);
        await freshness.WaitAsync(CheckResultsReader.ProjectionName, request);
        var found = query.CheckIds ?? await metrics.ListChecksAsync(
            caller.AccountId, query.Bounds[0], query.Bounds[^1], query.After, query.Limit + 1, cancellation);
        var page = found.Take(query.Limit).ToList();
        var checks = new List<CheckReport>();
        var measured = metrics.ReadAsync(new CheckMetricsQuery(caller.AccountId, page, query.Bounds), cancellation);
        await foreach (var check in ByCheckAsync(measured))
        {
            checks.Add(CheckReport.Of(check, query));
        }

        return new CheckReportPage(
            query.Bounds[0], query.To, query.GroupBy, checks, found.Count > page.Count ? page[^1].ToString() : null);
    }

    /// <summary>The buckets of each check together.</summary>
    private static async IAsyncEnumerable<IReadOnlyList<MeasuredRuns>> ByCheckAsync(IAsyncEnumerable<MeasuredRuns> all)
    {
        var check = new List<MeasuredRuns>();
        await foreach (var bucket in all)
        {
            if (check.Count > 0 && check[0].CheckId != bucket.CheckId)
            {
                yield return check;
                check = [];
            }

            check.Add(bucket);
        }

        if (check.Count > 0)
        {
            yield return check;
        }
    }
}

public enum ReportGrouping
{
    None,

    Hour,

    Day,
}

/// <summary>How a range of time is divided.</summary>
public static class ReportGroupingRules
{
    public const int MaximumBuckets = 400;

    /// <summary>Where the buckets of a range start: the first with the range, the others with a UTC hour or day.</summary>
    /// <exception cref="RequestRejected">400 for too many.</exception>
    public static IReadOnlyList<DateTimeOffset> StartsIn(this ReportGrouping grouping, DateTimeOffset from, DateTimeOffset to)
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

/// <summary>What is asked of a report.</summary>
/// <param name="Bounds">The start of each bucket, and the end of the last one.</param>
/// <param name="To">The end as it is shown; that of a report up to now lets in what is settled meanwhile.</param>
/// <param name="CheckIds">Only these checks, in the order of their ids, as far as they come after <paramref name="After"/>; null for all.</param>
/// <param name="After">Only checks after this one; the nil uuid for all.</param>
public sealed record CheckReportQuery(
    IReadOnlyList<DateTimeOffset> Bounds,
    DateTimeOffset To,
    ReportGrouping GroupBy,
    IReadOnlyList<Guid>? CheckIds,
    Guid After,
    int Limit)
{
    public const int MaximumLimit = 100;

    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(24);

    public static CheckReportQuery Read(HttpRequest request, DateTimeOffset now)
    {
        request.RejectUnknown();
        var asked = Capped(request.Time("to"));
        var to = asked ?? now;
        var from = Capped(request.Time("from")) ?? Before(to);
        if (from >= to)
        {
            throw RequestRejected.BadRequest("'from' must be before 'to'.");
        }

        var grouping = request.Word<ReportGrouping>("groupBy") ?? ReportGrouping.None;
        var after = request.Uuid("cursor") ?? Guid.Empty;
        return new CheckReportQuery(
            [.. grouping.StartsIn(from, to), asked ?? CheckMetricsQuery.Unbounded],
            to,
            grouping,
            ChecksOf(request)?.Where(id => id.CompareTo(after) > 0).ToList(),
            after,
            request.Limit(MaximumLimit));
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
}

/// <summary>How the runs of checks went.</summary>
/// <param name="Checks">The checks of which a run was settled in it, by id.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record CheckReportPage(
    DateTimeOffset From, DateTimeOffset To, ReportGrouping GroupBy, IReadOnlyList<CheckReport> Checks, string? NextCursor);

/// <summary>How the runs of one check went in the whole range.</summary>
public sealed record CheckReport : RunReport
{
    private CheckReport(Guid checkId, RunMetrics metrics)
        : base(metrics) => CheckId = checkId;

    public Guid CheckId { get; }

    /// <summary>The same figures for each hour or day in which a run was settled, in order; absent unless the report is divided.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckReportBucket>? Buckets { get; private init; }

    /// <summary>The report of a check, from its buckets.</summary>
    public static CheckReport Of(IReadOnlyList<MeasuredRuns> buckets, CheckReportQuery query)
    {
        if (query.GroupBy is ReportGrouping.None)
        {
            return new CheckReport(buckets[0].CheckId, buckets[0].Metrics);
        }

        var total = new RunMetrics();
        foreach (var bucket in buckets)
        {
            total.Add(bucket.Metrics);
        }

        return new CheckReport(buckets[0].CheckId, total)
        {
            Buckets = [.. buckets.Select(bucket => new CheckReportBucket(
                query.Bounds[bucket.Bucket],
                bucket.Bucket < query.Bounds.Count - 2 ? query.Bounds[bucket.Bucket + 1] : query.To,
                bucket.Metrics))],
        };
    }
}

/// <summary>How the runs of one check went in one hour or day.</summary>
public sealed record CheckReportBucket : RunReport
{
    public CheckReportBucket(DateTimeOffset from, DateTimeOffset to, RunMetrics metrics)
        : base(metrics) => (From, To) = (from, to);

    public DateTimeOffset From { get; }

    public DateTimeOffset To { get; }
}

/// <summary>
/// How runs went. Cancelled runs stand in <see cref="Cancelled"/> alone; runs that timed out or were lost are shown apart, and are
/// failures.
/// </summary>
/// <param name="Runs">Counted runs: all that were settled, except cancelled ones.</param>
/// <param name="Degraded">Those that were slower than they should be; they are successes.</param>
/// <param name="Failed">Those that failed, or could not be executed properly.</param>
/// <param name="TimedOut">Those that exceeded their own limit.</param>
/// <param name="Lost">Those whose runner vanished.</param>
/// <param name="Availability">Successes in percent of counted runs, 0 to 100; null when none counts.</param>
/// <param name="SuccessRatio">The same: the ledger knows a check's availability from its runs alone.</param>
/// <param name="ResponseTime">How long the counted runs took.</param>
/// <param name="Cancelled">Cancelled runs, which stand in no other figure.</param>
public abstract record RunReport(
    long Runs,
    long Passed,
    long Degraded,
    long Failed,
    long TimedOut,
    long Lost,
    decimal? Availability,
    decimal? SuccessRatio,
    ResponseTimeReport ResponseTime,
    CancelledReport Cancelled)
{
    protected RunReport(RunMetrics metrics)
        : this(
            metrics.Runs,
            metrics.Passed,
            metrics.Degraded,
            metrics.Failed,
            metrics.TimedOut,
            metrics.Lost,
            metrics.SuccessRatio,
            metrics.SuccessRatio,
            ResponseTimeReport.Of(metrics.ResponseTimes),
            new CancelledReport(metrics.Cancelled, metrics.CancelledByCause))
    {
    }
}

/// <summary>Response times in milliseconds; null when no counted run has one.</summary>
public sealed record ResponseTimeReport(decimal? Avg, long? Min, long? Max, long? P50, long? P95, long? P99)
{
    public static ResponseTimeReport Of(ResponseTimes times) =>
        new(times.Average, times.Shortest, times.Longest, times.Percentile(50), times.Percentile(95), times.Percentile(99));
}

/// <summary>Cancelled runs.</summary>
/// <param name="ByCause">By cause; their sum is the total.</param>
public sealed record CancelledReport(long Total, IReadOnlyDictionary<CancelCause, long> ByCause);
