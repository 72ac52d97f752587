using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Cancellations;
using Ledger.Sessions;

namespace Ledger.Http.Reports;

/// <summary>Reports how many cancels there were, how they ended, how long they took, what they saved.</summary>
public static class CancellationReportEndpoint
{
    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal) { "from", "to", Freshness.After };

    [WolverineGet("/ledger/reports/cancellations"), Authorize(Scopes.Read), CostlyRead, Tags("Reports")]
    [EndpointSummary("Cancels by cause, interface and outcome, the latencies between their facts, and the runner time that they freed.")]
    [QueryText("from", "Asked for at or after this ISO 8601 time.")]
    [QueryText("to", "Asked for before this ISO 8601 time.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the report must show.")]
    public static async Task<CancellationReportView> Get(
        HttpRequest request, Caller caller, CancellationReportReader reports, Freshness freshness, CancellationToken cancellation)
    {
        if (request.Query.Keys.FirstOrDefault(name => !Parameters.Contains(name)) is { } unknown)
        {
            throw RequestRejected.BadRequest($"There is no parameter '{unknown}'.");
        }

        var (from, to) = QueryTimeRange.Read(request);
        caller.RequireWholeAccount();
        await freshness.WaitAsync(CancelsReader.ProjectionName, request);
        return CancellationReportView.Of(await Database.RunAsync(() => reports.ReadAsync(caller.AccountId, from, to, cancellation)));
    }
}

/// <summary>The report: the requests themselves, and the runs that they targeted.</summary>
/// <param name="Total">How many requests there were, refused and pending ones included.</param>
/// <param name="ByCause">The requests by cause.</param>
/// <param name="ByVia">The requests by interface.</param>
/// <param name="ByOutcome">The requests by what came of them.</param>
/// <param name="Runs">The targeted runs.</param>
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
/// <param name="Total">How many.</param>
/// <param name="ByCause">By cause.</param>
/// <param name="ByVia">By interface.</param>
/// <param name="ByOutcome">By what became of them.</param>
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
/// <param name="P50">The median.</param>
/// <param name="P95">The 95th percentile.</param>
/// <param name="P99">The 99th percentile.</param>
/// <param name="Max">The longest.</param>
public sealed record PercentilesView(long Count, long? P50, long? P95, long? P99, long? Max)
{
    public static PercentilesView Of(Latency latency) =>
        new(latency.Count, latency.Percentile(50), latency.Percentile(95), latency.Percentile(99), latency.Max);
}
