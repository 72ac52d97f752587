using Ledger.Http.Access;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Stably.CommandLine.Analytics;

/// <summary>What <c>stably analytics flaky</c> and <c>stably analytics failures</c> read (wire.md 7.3).</summary>
public static class AnalyticsEndpoints
{
    public static void MapAnalytics(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/v1/cli/analytics").WithTags("Stably: command line");
        group.MapGet("flaky", async (HttpContext context, RunHistory history) =>
                StablyResult.Json(FlakyTests.Of(await history.ReadAsync(context))))
            .WithSummary("The tests of a project that passed only after a failed try, by their rate.")
            .DescribeHistory().Produces<FlakyTests>();
        group.MapGet("failures", async (HttpContext context, RunHistory history) =>
                StablyResult.Json(FailingTests.Of(await history.ReadAsync(context))))
            .WithSummary("The tests of a project that failed or timed out, by their rate.")
            .DescribeHistory().Produces<FailingTests>();
    }

    private static RouteHandlerBuilder DescribeHistory(this RouteHandlerBuilder route) => route
        .RequireScope(Scope.Read)
        .ReadsText("projectId", "The project. Required.")
        .ReadsNumber("days", "Runs created in so many days up to now, 1 to 90; 7 when absent.")
        .ReadsText("branchName", "A branch.")
        .ReadsNumber("limit", "Tests at most, 1 to 100; 10 when absent.")
        .ProducesErrors(400, 401, 429);
}
