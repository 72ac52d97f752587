using Ledger.Projections.Cancellations;

namespace Ledger.Http.Reports;

/// <summary>Reports how many cancels there were, how they ended, how long they took, what they saved.</summary>
public static class CancellationReportEndpoint
{
    [WolverineGet("/ledger/reports/cancellations"), Authorize(Scopes.Read), CostlyRead, Tags("Reports")]
    [EndpointSummary(
        "Cancels by cause, interface and outcome, the latencies between their facts, and the runner time that they freed. With groupBy, which needs "
        + "'from', there are buckets as well: the same figures for each UTC hour or day, in order, the first and the last clamped to the range.")]
    [QueryText("from", "Asked for at or after this ISO 8601 time.")]
    [QueryText("to", "Asked for before this ISO 8601 time.")]
    [QueryText("groupBy", "none, hour or day; at most 400 hours or days.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the report must show.")]
    public static async Task<CancellationReportView> Get(
        HttpRequest request, Caller caller, CancellationReportReader reports, Freshness freshness, TimeProvider clock, CancellationToken cancellation)
    {
        request.RejectUnknown();
        var (from, to) = request.TimeRange();
        var bounds = BoundsOf(request.Word<ReportGrouping>("groupBy") ?? ReportGrouping.None, from, to ?? clock.GetUtcNow());
        caller.RequireWholeAccount();
        await freshness.WaitAsync(CancelsReader.ProjectionName, request);
        var whole = CancellationReportView.Of(await reports.ReadAsync(caller.AccountId, from, to, cancellation));
        return bounds is null ? whole : whole with
        {
            Buckets = [.. bounds.Zip(bounds.Skip(1), await reports.ReadAsync(caller.AccountId, bounds, cancellation))
                .Select(bucket => new CancellationReportBucket(bucket.First, bucket.Second, CancellationReportView.Of(bucket.Third)))],
        };
    }

    /// <summary>Where the buckets begin, and the end of the last one; null for none.</summary>
    /// <exception cref="RequestRejected">400 without a beginning, or for too many.</exception>
    private static IReadOnlyList<DateTimeOffset>? BoundsOf(ReportGrouping grouping, DateTimeOffset? from, DateTimeOffset to) =>
        grouping is ReportGrouping.None ? null
        : from is { } start && start < to ? [.. grouping.StartsIn(start, to), to]
        : throw RequestRejected.BadRequest("'groupBy' needs a 'from' that is before the end of the range.");
}

/// <summary>The report on one hour or day.</summary>
public sealed record CancellationReportBucket(DateTimeOffset From, DateTimeOffset To, CancellationReportView Report);

/// <summary>The report: the requests themselves, and the runs that they targeted.</summary>
/// <param name="Total">How many requests there were, refused and pending ones included.</param>
/// <param name="Latency">How long it took from fact to fact, over the targeted runs that are settled and have both.</param>
/// <param name="RunnerTimeFreedMs">The runner time that stops saved, in milliseconds, as an estimate.</param>
/// <param name="RunnerTimeFreedRuns">How many stopped runs it was estimated for.</param>
/// <param name="RunnerTimeUnknownRuns">How many runs were cancelled without an estimate.</param>
public sealed record CancellationReportView(
    long Total,
    IReadOnlyDictionary<CancelCause, long> ByCause,
    IReadOnlyDictionary<CancelVia, long> ByVia,
    IReadOnlyDictionary<CancelOutcome, long> ByOutcome,
    CancelledRunsView Runs,
    LatencyView Latency,
    long RunnerTimeFreedMs,
    long RunnerTimeFreedRuns,
    long RunnerTimeUnknownRuns)
{
    /// <summary>The same figures for each hour or day; absent unless the report is divided.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CancellationReportBucket>? Buckets { get; init; }

    public static CancellationReportView Of(CancellationReport report) => new(
        report.Requests.Total,
        report.Requests.ByCause,
        report.Requests.ByVia,
        report.Requests.ByOutcome,
        new CancelledRunsView(report.Runs.Total, report.Runs.ByCause, report.Runs.ByVia, report.Runs.ByOutcome),
        LatencyView.Of(report.Metrics),
        (long)Math.Min(report.Metrics.FreedMs, long.MaxValue),
        report.Metrics.FreedRuns,
        report.Metrics.UnknownRuns);
}

/// <summary>The runs that were targeted.</summary>
public sealed record CancelledRunsView(
    long Total,
    IReadOnlyDictionary<CancelCause, long> ByCause,
    IReadOnlyDictionary<CancelVia, long> ByVia,
    IReadOnlyDictionary<CancelRunOutcome, long> ByOutcome);

/// <summary>The latencies between the facts of a cancel, in milliseconds.</summary>
public sealed record LatencyView(
    PercentilesView RequestedToDelivered,
    PercentilesView DeliveredToAcknowledged,
    PercentilesView AcknowledgedToStopped,
    PercentilesView RequestedToSettled)
{
    public static LatencyView Of(SpanMetrics metrics) => new(
        PercentilesView.Of(metrics.RequestedToDelivered),
        PercentilesView.Of(metrics.DeliveredToAcknowledged),
        PercentilesView.Of(metrics.AcknowledgedToStopped),
        PercentilesView.Of(metrics.RequestedToSettled));
}

/// <summary>Percentiles within 1 % and the exact maximum, in milliseconds; null without data.</summary>
/// <param name="Count">How many were measured.</param>
public sealed record PercentilesView(long Count, long? P50, long? P95, long? P99, long? Max)
{
    public static PercentilesView Of(Latency latency) =>
        new(latency.Count, latency.Percentile(50), latency.Percentile(95), latency.Percentile(99), latency.Max);
}
