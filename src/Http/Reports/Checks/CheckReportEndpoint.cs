using Ledger.Http.Access;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Reports.Checks;

/// <summary>Reports how the runs of checks went (http.md, Audit and reports). The figures are those of wire.md 3.11.</summary>
public static class CheckReportEndpoint
{
    public static void MapCheckReports(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/reports/checks", ReportAsync)
        .RequireScope(Scope.Read)
        .WithTags("Reports")
        .WithSummary(
            "How the runs of each check went that were settled in a time range, by check id. With groupBy each check has buckets as well: the same "
            + "figures for each UTC hour or day in which a run was settled, in order, the first and the last clamped to the range.")
        .ReadsText("from", "Settled at or after this ISO 8601 time; 24 hours before 'to' when absent.")
        .ReadsText("to", "Settled before this ISO 8601 time; up to now when absent.")
        .ReadsText("groupBy", $"none, hour or day; at most {CheckReportQuery.MaximumBuckets} hours or days.")
        .ReadsTexts("checkId", $"Only these checks, at most {CheckReportQuery.MaximumLimit}.")
        .ReadsNumber("limit", $"Checks of a page, 1 to {CheckReportQuery.MaximumLimit}, as many when absent.")
        .ReadsText("cursor", "The nextCursor of the page before.")
        .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the report must show.")
        .Produces<CheckReportPage>();

    private static async Task<IResult> ReportAsync(
        HttpContext context, CheckMetricsReader metrics, Freshness freshness, TimeProvider clock)
    {
        var account = context.Key().AccountId;
        var query = CheckReportQuery.Read(context.Request, clock.GetUtcNow());
        await freshness.WaitAsync(CheckMetricsReader.ProjectionName, context.Request);
        return await Database.RunAsync(async () =>
        {
            var found = query.CheckIds ?? await metrics.ListChecksAsync(
                account, query.Bounds[0], query.Bounds[^1], query.After, query.Limit + 1, context.RequestAborted);
            var page = found.Take(query.Limit).ToList();
            var checks = new List<CheckReport>();
            var measured = metrics.ReadAsync(new CheckMetricsQuery(account, page, query.Bounds), context.RequestAborted);
            await foreach (var check in ByCheckAsync(measured))
            {
                checks.Add(CheckReport.Of(check, query));
            }

            return NativeResult.Json(new CheckReportPage(
                query.Bounds[0], query.To, query.GroupBy, checks, found.Count > page.Count ? page[^1].ToString() : null));
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
