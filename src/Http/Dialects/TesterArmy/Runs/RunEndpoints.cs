using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.SessionList;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>Triggers, lists and reads runs (wire.md 8.2).</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/tests/{testId}/runs", TriggerTest.HandleAsync).RequireScope(Scope.Command)
            .WithSummary("Triggers a run of a test.")
            .Reads<TestRunRequest>(required: false).Produces<TestRunQueued>(StatusCodes.Status202Accepted).ProducesErrors();
        routes.MapPost("/runs", TriggerPrompt.HandleAsync).RequireScope(Scope.Command)
            .WithSummary("Triggers a run of what a prompt says.")
            .Reads<PromptRequest>().Produces<PromptRunQueued>(StatusCodes.Status202Accepted).ProducesErrors();
        routes.MapGet("/runs", ListAsync).RequireScope(Scope.Read)
            .WithSummary("Lists runs, newest first.")
            .ReadsNumber("limit", "Runs of a page, 1 to 100; 20 when absent.")
            .ReadsText("status", "queued, running, completed, failed or cancelled; all when absent.")
            .ReadsText("projectId", "A project's uuid.")
            .ReadsText("testId", "A test's uuid.")
            .ReadsText("cursor", "The nextCursor of the page before.")
            .Produces<TesterArmyRunList>().ProducesErrors();
        routes.MapGet("/runs/{id}", GetAsync).RequireScope(Scope.Read)
            .WithSummary("Reads a run.")
            .Produces<TesterArmyRun>().ProducesErrors(StatusCodes.Status404NotFound);
    }

    /// <summary>The answer to an unknown run, and to one of another account (wire.md 2.3).</summary>
    public static RequestRejected Unknown() => RequestRejected.NotFound("Run not found.");

    private static async Task<IResult> ListAsync(HttpContext context, RunPages pages, Freshness freshness)
    {
        var filter = RunFilter.Read(context);
        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, context.RequestAborted);
        if (filter.Query.RunStates.Count > 0)
        {
            await freshness.WaitForHeadAsync(OpenRunsReader.ProjectionName, context.RequestAborted);
        }

        return TesterArmyJson.Answer(await pages.ReadAsync(filter, context.RequestAborted));
    }

    private static async Task<IResult> GetAsync(HttpContext context, string id, PlainRunSessions runs) =>
        await runs.FindAsync(CallerParameter.Of(context), Inputs.Uuid("run id", id), context.RequestAborted) is { } found
            ? TesterArmyJson.Answer(TesterArmyRun.Of(found.Session))
            : throw Unknown();
}
