using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Analytics.Playwright;

/// <summary>How the runs of one Playwright check went, metric by metric (wire.md 3.11).</summary>
public static class PlaywrightAnalyticsEndpoint
{
    public static void MapPlaywrightAnalytics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/analytics/playwright-checks/{id}", ReadAsync)
        .RequireScope(Scope.Read)
        .WithMetadata(ChecklyRateLimits.Analytics)
        .WithTags("Checkly: analytics")
        .WithSummary(
            "Metrics of one Playwright check: aggregated ones in one row, or in one for each interval, raw ones in one for each run, all with the "
            + "time at which they start.")
        .ReadsTexts("metrics", $"Either some of {string.Join(", ", RawMetric.All.Keys)}, or aggregated ones; required. Unknown ones are ignored.")
        .ReadsText("quickRange", $"One of {string.Join(", ", QuickRanges.OfAnalytics)}; the first when absent.")
        .ReadsNumber("from", "Settled at or after this time, in Unix seconds; overrides quickRange.")
        .ReadsNumber("to", "Settled before this time, in Unix seconds; overrides quickRange.")
        .ReadsNumber("aggregationInterval", "Minutes, 1 to 43200: intervals since 1970 in UTC, the first and the last clamped to the range.")
        .ReadsText("groupBy", "runLocation: a series for each location.")
        .ReadsTexts("filterByStatus", "success, failure, or both.")
        .ReadsNumber("limit", "Runs or intervals of a page, 1 to 100; 10 when absent.")
        .ReadsNumber("page", "From 1; 0 is 1.")
        .Produces<PlaywrightAnalytics>().ProducesErrors(400, 401, 403, 404, 429);

    private static async Task<IResult> ReadAsync(
        HttpContext context, string id, CheckRegistry checks, CheckMetricsReader metrics, Freshness freshness, TimeProvider clock)
    {
        var account = context.Key().AccountId;
        var checkId = Inputs.Uuid(nameof(id), id);
        var query = PlaywrightQuery.Read(context.Request, clock.GetUtcNow());
        var check = await checks.FindAsync(account, checkId, context.RequestAborted);
        if (check is not { CheckType: CheckTypes.Playwright })
        {
            throw RequestRejected.NotFound("Not Found");
        }

        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, context.RequestAborted);
        var series = await Database.RunAsync(() => query.Raw.Count > 0
            ? RawSeriesAsync(account, check, query, metrics, context.RequestAborted)
            : AggregatedSeriesAsync(account, check, query, metrics, context.RequestAborted));
        return ChecklyResult.Json(PlaywrightAnalytics.Of(check, query, series));
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
