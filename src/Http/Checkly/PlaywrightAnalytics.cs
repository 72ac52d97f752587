using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Sessions;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>How the runs of one Playwright check went, metric by metric.</summary>
public static class PlaywrightAnalyticsEndpoint
{
    [WolverineGet("/v1/analytics/playwright-checks/{id}"), Authorize(Scopes.Read), CostlyRead, RateLimit("analytics", 30, 60), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: analytics")]
    [EndpointSummary(
        "Metrics of one Playwright check: aggregated ones in one row, or in one for each interval, raw ones in one for each run, all with the "
        + "time at which they start.")]
    [QueryText("metrics", "Either some of responseTime, retries, or aggregated ones; required. Unknown ones are ignored.", IsArray = true)]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfAnalytics + "; the first when absent.")]
    [QueryNumber("from", "Settled at or after this time, in Unix seconds; overrides quickRange.")]
    [QueryNumber("to", "Settled before this time, in Unix seconds; overrides quickRange.")]
    [QueryNumber("aggregationInterval", "Minutes, 1 to 43200: intervals since 1970 in UTC, the first and the last clamped to the range.")]
    [QueryText("groupBy", "runLocation: a series for each location.")]
    [QueryText("filterByStatus", "success, failure, or both.", IsArray = true)]
    [QueryNumber("limit", "Runs or intervals of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1; 0 is 1.")]
    public static Task<PlaywrightAnalytics> Get(
        string id,
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        CheckMetricsReader metrics,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation) =>
        CheckAnalyticsEndpoint.Get("playwright-checks", id, request, caller, documents, metrics, freshness, clock, cancellation);
}

/// <summary>The same for checks of every other type. Of metrics that only such checks have the ledger knows nothing.</summary>
public static class CheckAnalyticsEndpoint
{
    /// <summary>What clients call the checks of a type, in paths.</summary>
    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["api-checks"] = "API",
        ["browser-checks"] = "BROWSER",
        ["playwright-checks"] = CheckTypes.Playwright,
        ["multistep-checks"] = "MULTI_STEP",
        ["heartbeat-checks"] = "HEARTBEAT",
        ["tcp-checks"] = "TCP",
        ["icmp"] = "ICMP",
        ["dns"] = "DNS",
        ["url-monitors"] = "URL",
        ["agentic-checks"] = "AGENTIC",
        ["grpc-checks"] = "GRPC",
        ["ssl"] = "SSL",
        ["traceroute"] = "TRACEROUTE",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    [WolverineGet("/v1/analytics/{checks}/{id}"), Authorize(Scopes.Read), RateLimit("analytics", 30, 60), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: analytics"), EndpointSummary("Metrics of one check of any type; 'checks' is api-checks, url-monitors and so on.")]
    [QueryText("metrics", "Either some of responseTime, retries, or aggregated ones; required. Unknown ones are ignored.", IsArray = true)]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfAnalytics + "; the first when absent.")]
    [QueryText("groupBy", "runLocation: a series for each location.")]
    public static async Task<PlaywrightAnalytics> Get(
        string checks,
        string id,
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        CheckMetricsReader metrics,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var checkId = Inputs.Uuid(nameof(id), id);
        var query = PlaywrightQuery.Read(request, clock.GetUtcNow());
        caller.RequireWholeAccount();
        var check = await documents.LoadAsync<Check>(checkId, cancellation);
        if (check is null || check.CheckType != Types.GetValueOrDefault(checks))
        {
            throw RequestRejected.NotFound("Not Found");
        }

        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, cancellation);
        await freshness.WaitForHeadAsync(CheckResultsReader.ProjectionName, cancellation);
        var series = await Database.RunAsync(() => query.Raw.Count > 0
            ? RawSeriesAsync(caller.AccountId, check, query, metrics, cancellation)
            : AggregatedSeriesAsync(caller.AccountId, check, query, metrics, cancellation));
        return PlaywrightAnalytics.Of(check, query, series);
    }

    private static async Task<IReadOnlyList<AnalyticsSeries>> RawSeriesAsync(
        Guid account, Check check, PlaywrightQuery query, CheckMetricsReader metrics, CancellationToken cancellation)
    {
        var runs = await metrics.ListRunsAsync(
            account,
            check.Id,
            query.Window.From,
            query.Window.End,
            query.Outcomes,
            (query.Page - 1L) * query.Limit,
            query.Limit,
            cancellation);
        return query.ByLocation
            ? [.. runs.GroupBy(run => run.Location).OrderBy(runs => runs.Key, StringComparer.Ordinal).Select(runs => AnalyticsSeries.Of(runs.Key, runs, query))]
            : [AnalyticsSeries.Of(null, runs, query)];
    }

    private static async Task<IReadOnlyList<AnalyticsSeries>> AggregatedSeriesAsync(
        Guid account, Check check, PlaywrightQuery query, CheckMetricsReader metrics, CancellationToken cancellation)
    {
        var intervals = query.Intervals();
        var found = new List<MeasuredRuns>();
        if (intervals.Count > 1)
        {
            var bounds = new CheckMetricsQuery(account, [check.Id], intervals) { Outcomes = query.Outcomes, ByLocation = query.ByLocation };
            await foreach (var measured in metrics.ReadAsync(bounds, cancellation))
            {
                found.Add(measured);
            }
        }

        return query.ByLocation
            ? [.. found.GroupBy(runs => runs.Location).OrderBy(runs => runs.Key, StringComparer.Ordinal).Select(runs => AnalyticsSeries.Of(runs.Key, intervals, runs, query))]
            : [AnalyticsSeries.Of(null, intervals, found, query)];
    }
}

/// <summary>What is asked of one Playwright check.</summary>
/// <param name="Window">The time that it is about.</param>
/// <param name="Raw">The raw metrics; empty when aggregated ones are asked for.</param>
/// <param name="Aggregated">The aggregated metrics; empty when raw ones are asked for.</param>
/// <param name="Interval">How long a row is; null for one row of everything.</param>
/// <param name="ByLocation">Whether each location has a series.</param>
/// <param name="Outcomes">The ways to end that count.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Rows of a page.</param>
public sealed record PlaywrightQuery(
    TimeWindow Window,
    IReadOnlyList<RawMetric> Raw,
    IReadOnlyList<AggregatedMetric> Aggregated,
    TimeSpan? Interval,
    bool ByLocation,
    IReadOnlyList<RunState> Outcomes,
    int Page,
    int Limit)
{
    private const int MaximumMinutes = 43_200;

    private static readonly Dictionary<string, RunState[]> OutcomesByStatus = new(StringComparer.Ordinal)
    {
        ["success"] = [RunState.Passed, RunState.Degraded],
        ["failure"] = [RunState.Failed, RunState.TimedOut, RunState.Lost],
    };

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static PlaywrightQuery Read(HttpRequest request, DateTimeOffset now)
    {
        var names = QueryArrays.Read(request.Query, "metrics");
        var raw = names.Select(name => RawMetric.All.GetValueOrDefault(name)).OfType<RawMetric>().ToList();
        var aggregated = names.Select(name => AggregatedMetric.All.GetValueOrDefault(name)).OfType<AggregatedMetric>().ToList();
        if ((raw.Count > 0) == (aggregated.Count > 0))
        {
            throw RequestRejected.BadRequest(raw.Count > 0
                ? "'metrics' must be either raw or aggregated, not both."
                : $"'metrics' must name some of {string.Join(", ", RawMetric.All.Keys)}, or some of {string.Join(", ", AggregatedMetric.All.Keys)}.");
        }

        var minutes = Inputs.Int(request, "aggregationInterval", 1, MaximumMinutes, 0);
        return new PlaywrightQuery(
            TimeWindow.Read(request, QuickRanges.OfAnalytics, now),
            raw,
            aggregated,
            minutes > 0 ? TimeSpan.FromMinutes(minutes) : null,
            QueryValues.Word(request, "groupBy", ["runLocation"]) is not null,
            OutcomesOf(request),
            QueryValues.Page(request).Page,
            QueryValues.Limit(request));
    }

    /// <summary>The bounds of the intervals of the page; none when there is no such page.</summary>
    public IReadOnlyList<DateTimeOffset> Intervals()
    {
        if (Interval is not { Ticks: var length })
        {
            return Page == 1 ? [Window.From, Window.End] : [];
        }

        // Counted from the epoch, so that an interval of an hour is an hour of the clock, and the same on every page and in every request.
        var epoch = DateTimeOffset.UnixEpoch.Ticks;
        var first = (Window.From.UtcTicks - epoch) / length;
        var all = ((Window.To.UtcTicks - epoch + length - 1) / length) - first;
        var before = (Page - 1L) * Limit;
        var here = (int)Math.Clamp(all - before, 0, Limit);
        return here == 0 ? [] :
        [
            .. Enumerable.Range(0, here).Select(n => Later(Window.From, BoundOf(before + n))),
            before + here == all ? Window.End : BoundOf(before + here),
        ];

        DateTimeOffset BoundOf(long interval) => new(epoch + ((first + interval) * length), TimeSpan.Zero);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static IReadOnlyList<RunState> OutcomesOf(HttpRequest request)
    {
        var asked = QueryArrays.Read(request.Query, "filterByStatus");
        return asked.All(OutcomesByStatus.ContainsKey)
            ? [.. OutcomesByStatus.Where(status => asked.Count == 0 || asked.Contains(status.Key)).SelectMany(status => status.Value).Where(CancelledRuns.Counts)]
            : throw RequestRejected.BadRequest($"'filterByStatus' must be some of {string.Join(", ", OutcomesByStatus.Keys)}.");
    }
}

/// <summary>Metrics of one Playwright check. It has no <c>frequency</c>: the ledger schedules nothing.</summary>
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

/// <summary>A metric of single runs.</summary>
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

/// <summary>A metric of many runs.</summary>
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
