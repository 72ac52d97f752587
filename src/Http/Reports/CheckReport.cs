using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Sessions;

namespace Ledger.Http.Reports;

/// <summary>Reports how the runs of checks went.</summary>
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
        return await Database.RunAsync(async () =>
        {
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
        });
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
            [.. grouping.StartsIn(from, to), asked ?? CheckMetricsQuery.Unbounded],
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
}

/// <summary>How the runs of checks went.</summary>
/// <param name="From">The start of the range.</param>
/// <param name="To">Its end.</param>
/// <param name="GroupBy">How it is divided.</param>
/// <param name="Checks">The checks of which a run was settled in it, by id.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record CheckReportPage(
    DateTimeOffset From, DateTimeOffset To, ReportGrouping GroupBy, IReadOnlyList<CheckReport> Checks, string? NextCursor);

/// <summary>How the runs of one check went in the whole range.</summary>
public sealed record CheckReport : RunReport
{
    private CheckReport(Guid checkId, RunMetrics metrics)
        : base(metrics) => CheckId = checkId;

    /// <summary>The check.</summary>
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

    /// <summary>Its start.</summary>
    public DateTimeOffset From { get; }

    /// <summary>Its end.</summary>
    public DateTimeOffset To { get; }
}

/// <summary>
/// How runs went. Cancelled runs stand in <see cref="Cancelled"/> alone; runs that timed out or were lost are shown apart, and are
/// failures.
/// </summary>
public abstract record RunReport
{
    protected RunReport(RunMetrics metrics)
    {
        Runs = metrics.Runs;
        Passed = metrics.Passed;
        Degraded = metrics.Degraded;
        Failed = metrics.Failed;
        TimedOut = metrics.TimedOut;
        Lost = metrics.Lost;
        Availability = metrics.SuccessRatio;
        SuccessRatio = metrics.SuccessRatio;
        ResponseTime = ResponseTimeReport.Of(metrics.ResponseTimes);
        Cancelled = new CancelledReport(metrics.Cancelled, metrics.CancelledByCause);
    }

    /// <summary>Counted runs: all that were settled, except cancelled ones.</summary>
    public long Runs { get; }

    /// <summary>Of these, those that passed.</summary>
    public long Passed { get; }

    /// <summary>Those that were slower than they should be; they are successes.</summary>
    public long Degraded { get; }

    /// <summary>Those that failed, or could not be executed properly.</summary>
    public long Failed { get; }

    /// <summary>Those that exceeded their own limit.</summary>
    public long TimedOut { get; }

    /// <summary>Those whose runner vanished.</summary>
    public long Lost { get; }

    /// <summary>Successes in percent of counted runs, 0 to 100; null when none counts.</summary>
    public decimal? Availability { get; }

    /// <summary>The same: the ledger knows a check's availability from its runs alone.</summary>
    public decimal? SuccessRatio { get; }

    /// <summary>How long the counted runs took.</summary>
    public ResponseTimeReport ResponseTime { get; }

    /// <summary>Cancelled runs, which stand in no other figure.</summary>
    public CancelledReport Cancelled { get; }
}

/// <summary>Response times in milliseconds; null when no counted run has one.</summary>
public sealed record ResponseTimeReport(decimal? Avg, long? Min, long? Max, long? P50, long? P95, long? P99)
{
    public static ResponseTimeReport Of(ResponseTimes times) =>
        new(times.Average, times.Shortest, times.Longest, times.Percentile(50), times.Percentile(95), times.Percentile(99));
}

/// <summary>Cancelled runs.</summary>
/// <param name="Total">All of them.</param>
/// <param name="ByCause">By cause; their sum is the total.</param>
public sealed record CancelledReport(long Total, IReadOnlyDictionary<CancelCause, long> ByCause);
