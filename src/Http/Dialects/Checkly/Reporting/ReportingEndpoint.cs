using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Analytics;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Reporting;

/// <summary>How the runs of all registered checks went (wire.md 3.11).</summary>
public static class ReportingEndpoint
{
    public static void MapReporting(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/reporting", ReadAsync)
        .RequireScope(Scope.Read)
        .WithTags("Checkly: reporting")
        .WithSummary("Success ratio and response times of every registered check, by name, over a range of time or for each of its days, weeks or months.")
        .ReadsNumber("from", "Settled at or after this time, in Unix seconds; overrides quickRange.")
        .ReadsNumber("to", "Settled before this time, in Unix seconds; overrides quickRange.")
        .ReadsText("quickRange", $"One of {string.Join(", ", QuickRanges.OfReporting)}; the first when absent.")
        .ReadsTexts("filterByTags", "Tags that a check must have, all of them.")
        .ReadsText("deactivated", "true for deactivated checks, false for the others; all when absent.")
        .ReadsText("granularity", $"day, week or month: at most {CalendarBuckets.Maximum} of them, in at most {ReportingQuery.MaximumDays} days.")
        .ReadsText("timezone", "The IANA name of the time zone whose calendar granularity follows; UTC when absent.")
        .Produces<IReadOnlyList<CheckReporting>>().ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> ReadAsync(
        HttpContext context, CheckRegistry checks, CheckMetricsReader metrics, Freshness freshness, TimeProvider clock)
    {
        var account = context.Key().AccountId;
        var query = ReportingQuery.Read(context.Request, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(CheckMetricsReader.ProjectionName, context.RequestAborted);
        var selected = (await checks.ListAsync(account, context.RequestAborted)).Where(query.Selects).ToList();
        var aggregates = await Database.RunAsync(async () =>
        {
            var found = new List<(Guid CheckId, ReportingAggregate Aggregate)>();
            await foreach (var measured in metrics.ReadAsync(
                new CheckMetricsQuery(account, [.. selected.Select(check => check.Id)], query.Bounds), context.RequestAborted))
            {
                if (ReportingAggregate.Of(measured, query) is { } aggregate)
                {
                    found.Add((measured.CheckId, aggregate));
                }
            }

            return found.ToLookup(each => each.CheckId, each => each.Aggregate);
        });
        return ChecklyResult.Json<IReadOnlyList<CheckReporting>>(
            [.. selected.Select(check => CheckReporting.Of(check, [.. aggregates[check.Id]], query))]);
    }
}
