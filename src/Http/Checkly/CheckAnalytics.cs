using System.Collections.Frozen;

namespace Ledger.Http.Checkly;

/// <summary>How the runs of one check went, metric by metric. Of metrics that only some types of checks have the ledger knows nothing.</summary>
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

    [WolverineGet("/v1/analytics/{checks}/{id}"), Authorize(Scopes.Read), CostlyRead, RateLimit("analytics", 30, 60), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: analytics")]
    [EndpointSummary(
        "Metrics of one check, of any type ('checks' is playwright-checks, url-monitors and so on): aggregated ones in one row, or in one for "
        + "each interval, raw ones in one for each run, all with the time at which they start.")]
    [QueryText("metrics", "Either some of responseTime, retries, or aggregated ones; required. Unknown ones are ignored.", IsArray = true)]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfAnalytics + "; the first when absent.")]
    [QueryNumber("from", "Settled at or after this time, in Unix seconds; overrides quickRange.")]
    [QueryNumber("to", "Settled before this time, in Unix seconds; overrides quickRange.")]
    [QueryNumber("aggregationInterval", "Minutes, 1 to 43200: intervals since 1970 in UTC, the first and the last clamped to the range.")]
    [QueryText("groupBy", "runLocation: a series for each location.")]
    [QueryText("filterByStatus", "success, failure, or both.", IsArray = true)]
    [QueryNumber("limit", "Runs or intervals of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1; 0 is 1.")]
    public static async Task<CheckAnalytics> Get(
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
        var query = AnalyticsQuery.Read(request, clock.GetUtcNow());
        caller.RequireWholeAccount();
        var check = await documents.LoadAsync<Check>(checkId, cancellation);
        if (check is null || check.CheckType != Types.GetValueOrDefault(checks))
        {
            throw RequestRejected.NotFound("Not Found");
        }

        await freshness.WaitForMetricsAsync(cancellation);
        var series = query.IsRaw
            ? await RawSeriesAsync(caller.AccountId, checkId, query, metrics, cancellation)
            : await AggregatedSeriesAsync(caller.AccountId, checkId, query, metrics, cancellation);
        return new CheckAnalytics(check, query, series);
    }

    private static async Task<IReadOnlyList<AnalyticsSeries>> RawSeriesAsync(
        Guid account, Guid checkId, AnalyticsQuery query, CheckMetricsReader metrics, CancellationToken cancellation)
    {
        var runs = await metrics.ListRunsAsync(
            account, checkId, query.Window.From, query.Window.End, query.Outcomes, query.Offset, query.Limit, cancellation);
        return query.SeriesOf(runs, run => run.Location, all => all.Select(query.RowOf));
    }

    private static async Task<IReadOnlyList<AnalyticsSeries>> AggregatedSeriesAsync(
        Guid account, Guid checkId, AnalyticsQuery query, CheckMetricsReader metrics, CancellationToken cancellation)
    {
        var intervals = query.Intervals();
        var bounds = new CheckMetricsQuery(account, [checkId], intervals) { Outcomes = query.Outcomes, ByLocation = query.ByLocation };
        var found = intervals.Count == 0 ? []
            : await metrics.ReadAsync(bounds, cancellation).ToListAsync(cancellation);
        return query.SeriesOf(found, runs => runs.Location, all =>
        {
            var byInterval = all.ToDictionary(runs => runs.Bucket, runs => runs.Metrics);
            return intervals.SkipLast(1).Select((start, bucket) => query.RowOf(start, byInterval.GetValueOrDefault(bucket) ?? new RunMetrics()));
        });
    }
}

/// <summary>What is asked of one check.</summary>
/// <param name="Interval">How long a row is; null for one row of everything.</param>
public sealed record AnalyticsQuery(
    TimeWindow Window,
    IReadOnlyList<AnalyticsMetric> Metrics,
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

    /// <summary>Whether single runs are asked for.</summary>
    public bool IsRaw => Metrics[0].IsRaw;

    /// <summary>How many rows come before the page.</summary>
    public long Offset => (Page - 1L) * Limit;
    public static AnalyticsQuery Read(HttpRequest request, DateTimeOffset now)
    {
        var metrics = QueryArrays.Read(request.Query, "metrics").Select(AnalyticsMetric.All.GetValueOrDefault).OfType<AnalyticsMetric>().ToList();
        if (metrics.DistinctBy(metric => metric.IsRaw).Count() != 1)
        {
            throw RequestRejected.BadRequest(metrics.Count > 0
                ? "'metrics' must be either raw or aggregated, not both."
                : $"'metrics' must name some of {string.Join(", ", AnalyticsMetric.All.Keys.Order(StringComparer.Ordinal))}.");
        }

        var minutes = Inputs.Int(request, "aggregationInterval", 1, MaximumMinutes, 0);
        IReadOnlyCollection<string> statuses = QueryValues.Words(request, "filterByStatus", OutcomesByStatus.Keys);
        var (limit, page, _) = QueryValues.Page(request);
        return new AnalyticsQuery(
            TimeWindow.Read(request, QuickRanges.OfAnalytics, now),
            metrics,
            minutes > 0 ? TimeSpan.FromMinutes(minutes) : null,
            QueryValues.Word(request, "groupBy", ["runLocation"]) is not null,
            [.. (statuses.Count > 0 ? statuses : OutcomesByStatus.Keys).SelectMany(status => OutcomesByStatus[status]).Where(CancelledRuns.Counts)],
            page,
            limit);
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
        var here = (int)Math.Clamp(all - Offset, 0, Limit);
        return here == 0 ? [] :
        [
            .. Enumerable.Range(0, here).Select(n => Later(Window.From, BoundOf(Offset + n))),
            Offset + here == all ? Window.End : BoundOf(Offset + here),
        ];

        DateTimeOffset BoundOf(long interval) => new(epoch + ((first + interval) * length), TimeSpan.Zero);
    }

    /// <summary>All in one series, or one for each location of which there is something.</summary>
    public IReadOnlyList<AnalyticsSeries> SeriesOf<T>(
        IEnumerable<T> found, Func<T, string?> locationOf, Func<IEnumerable<T>, IEnumerable<JsonObject>> rowsOf) => ByLocation
        ? [.. found.GroupBy(locationOf).OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => new AnalyticsSeries(group.Key, [.. rowsOf(group)]))]
        : [new AnalyticsSeries(null, [.. rowsOf(found)])];

    /// <summary>The row of a single run.</summary>
    public JsonObject RowOf(MeasuredRun run) => RowOf(run.StartedAt, hasStart: true, metric => metric.OfRun!(run));

    /// <summary>The row of an interval, or of everything.</summary>
    public JsonObject RowOf(DateTimeOffset start, RunMetrics runs) => RowOf(start, Interval is not null, metric => metric.OfRuns!(runs));

    private JsonObject RowOf(DateTimeOffset? start, bool hasStart, Func<AnalyticsMetric, decimal?> valueOf)
    {
        var row = new JsonObject();
        if (hasStart)
        {
            row["startedAt"] = start?.UtcDateTime.ToString(UtcTimeConverter.Format, CultureInfo.InvariantCulture);
        }

        foreach (var metric in Metrics)
        {
            row[metric.Name] = valueOf(metric);
        }

        return row;
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;
}

/// <summary>Metrics of one check. It has no <c>frequency</c>: the ledger schedules nothing.</summary>
public sealed class CheckAnalytics(Check check, AnalyticsQuery query, IReadOnlyList<AnalyticsSeries> series)
{
    public Guid CheckId => check.Id;
    public string Name => check.Name;
    public string CheckType => check.CheckType;
    public bool Activated => check.Activated;
    public bool Muted => false;
    public DateTimeOffset From => query.Window.From;
    public DateTimeOffset To => query.Window.To;
    public IReadOnlyList<string> Tags => check.Tags;
    public IReadOnlyList<AnalyticsSeries> Series => series;
    public IReadOnlyDictionary<string, MetricMetadata> Metadata =>
        query.Metrics.ToDictionary(metric => metric.Name, metric => new MetricMetadata(metric.Unit, metric.Label, metric.Aggregation));
    public AnalyticsPagination Pagination => new(query.Page, query.Limit);
}

/// <summary>The rows of one series: flat objects, a number or null for each metric.</summary>
/// <param name="RunLocation">The location; absent when locations are not apart.</param>
/// <param name="Data">In the order of time; each run, or each interval, with <c>startedAt</c>.</param>
public sealed record AnalyticsSeries(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RunLocation, IReadOnlyList<JsonObject> Data);

/// <summary>Which page this is.</summary>
public sealed record AnalyticsPagination(int Page, int Limit);

/// <summary>What a client needs to know to show a metric.</summary>
/// <param name="Aggregation">How it comes of the runs; absent for a raw one.</param>
public sealed record MetricMetadata(
    string Unit, string Label, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Aggregation);

/// <summary>A metric, of single runs or of many; null when no run counts.</summary>
public sealed record AnalyticsMetric(string Name, string Unit, string Label)
{
    /// <summary>All of them, by name.</summary>
    public static readonly FrozenDictionary<string, AnalyticsMetric> All = new AnalyticsMetric[]
    {
        new("responseTime", "milliseconds", "Response time") { OfRun = run => run.ResponseTime },
        new("retries", "count", "Retries") { OfRun = run => run.Attempt - 1 },
        new("availability", "percentage", "Availability") { Aggregation = "avg", OfRuns = runs => runs.SuccessRatio },
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

    public string? Aggregation { get; private init; }

    public Func<MeasuredRun, long?>? OfRun { get; private init; }

    public Func<RunMetrics, decimal?>? OfRuns { get; private init; }

    public bool IsRaw => OfRun is not null;

    private static AnalyticsMetric ResponseTime(string aggregation, Func<ResponseTimes, decimal?> of) =>
        new($"responseTime_{aggregation}", "milliseconds", $"Response time ({aggregation})")
        {
            Aggregation = aggregation,
            OfRuns = runs => of(runs.ResponseTimes),
        };
}
