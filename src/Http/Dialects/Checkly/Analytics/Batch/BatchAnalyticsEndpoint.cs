using System.Text.Json.Nodes;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Analytics.Batch;

/// <summary>How the runs of several checks went (wire.md 3.11): what the vendor's command line shows as stats.</summary>
public static class BatchAnalyticsEndpoint
{
    public static void MapBatchAnalytics(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/analytics/checks", ReadAsync)
        .RequireScope(Scope.Read)
        .WithMetadata(ChecklyRateLimits.Analytics)
        .WithTags("Checkly: analytics")
        .WithSummary("Availability and response times of several checks, in the order in which they were asked for.")
        .ReadsText("quickRange", $"One of {string.Join(", ", QuickRanges.OfBatches)}; the first when absent.")
        .Reads<BatchAnalyticsRequest>()
        .Produces<IReadOnlyList<CheckAnalytics>>().ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> ReadAsync(
        HttpContext context, CheckRegistry checks, CheckMetricsReader metrics, Freshness freshness, TimeProvider clock)
    {
        var account = context.Key().AccountId;
        var asked = BatchAnalyticsRequest.Parse(await Body.ReadAsync(context.Request));
        var window = TimeWindow.ReadQuickRange(context.Request, QuickRanges.OfBatches, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, context.RequestAborted);
        var known = (await checks.ListAsync(account, context.RequestAborted)).ToDictionary(check => check.Id);
        var ids = asked.Where(known.ContainsKey).ToList();
        var measured = await Database.RunAsync(async () =>
        {
            var found = new Dictionary<Guid, RunMetrics>();
            await foreach (var each in metrics.ReadAsync(
                new CheckMetricsQuery(account, ids, [window.From, window.End]), context.RequestAborted))
            {
                found.Add(each.CheckId, each.Metrics);
            }

            return found;
        });
        return ChecklyResult.Json<IReadOnlyList<JsonObject>>(
            [.. ids.Select(id => CheckAnalytics.Of(known[id], measured.GetValueOrDefault(id) ?? new RunMetrics()).ToJson())]);
    }
}
