using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.Projects;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.RunDays;

namespace Ledger.Http.Dialects.Empirical.Analytics;

/// <summary>How the test runs of a project ended, day by day (wire.md 6.2).</summary>
public static class DailyAnalytics
{
    public static void MapAnalytics(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v2/analytics/test-runs", ReadAsync)
        .RequireScope(Scope.Read)
        .WithSummary("Counts the test runs of each UTC day on which one was triggered; cancelled ones beside the others.")
        .ReadsNumber("days", "The last so many days, today among them, 1 to 90; 30 when absent.")
        .ReadsText("start_date", "The first day, ISO 8601, together with end_date; instead of days.")
        .ReadsText("end_date", "The last day, which is part of the range.")
        .ReadsNumber("environment_id", "The environment_id of an environment.")
        .ReadsText("branch", "A branch.")
        .ReadsNumber("project_id", "Must be the project that the request is about.")
        .Produces<EmpiricalData<DailyReport>>()
        .ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> ReadAsync(HttpContext context, RunDaysReader runDays, Freshness freshness, TimeProvider clock)
    {
        var project = context.ProjectOf();
        var filter = AnalyticsFilter.Read(context.Request, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(RunDaysReader.ProjectionName, context.RequestAborted);
        var query = new RunDaysQuery(context.Key().AccountId, project.Name, filter.From, filter.Through) { Branch = filter.Branch };
        if (filter.EnvironmentNumber is { } number)
        {
            var environments = await Database.RunAsync(() => runDays.EnvironmentsAsync(query, context.RequestAborted));
            query = query with { Environments = [.. environments.Where(slug => StableNumber.Of(slug) == number)] };
        }

        return EmpiricalResult.Data(DailyReport.Of(await Database.RunAsync(() => runDays.ReadAsync(query, context.RequestAborted))));
    }
}
