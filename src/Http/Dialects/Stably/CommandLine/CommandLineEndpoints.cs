using Ledger.Http.Access;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Stably.CommandLine;

/// <summary>What <c>stably runs list</c> and <c>stably runs view</c> read (wire.md 7.3).</summary>
public static class CommandLineEndpoints
{
    public static void MapCommandLine(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/internal/v1/cli/runs").WithTags("Stably: command line");
        group.MapGet("", ListRuns.HandleAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the runs of a project, newest first.")
            .ReadsText("projectId", "The project. Required.")
            .ReadsText("branchName", "A branch.")
            .ReadsNumber("limit", "Runs of a page, 1 to 100; 20 when absent.")
            .ReadsText("afterRunId", "Only runs newer than this one.")
            .ReadsText("beforeRunId", "Only runs older than this one: the last of the page before.")
            .ReadsText("source", "LOCAL, CI or WEB.")
            .ReadsText("status", "QUEUED, RUNNING, PASSED, FAILED, TIMEDOUT, CANCELLED or INTERRUPTED.")
            .ReadsText("suiteName", "The suite that a run's metadata names.")
            .ReadsText("trigger", "MANUAL, SCHEDULED, UI, API, GITHUB_ACTION or SUITE_RUN.")
            .Produces<StablyRunList>().ProducesErrors(400, 401, 429);
        group.MapGet("{runId}", ViewRun.HandleAsync).RequireScope(Scope.Read)
            .WithSummary("Reads a run of whichever project with its tests.")
            .ReadsText("detail", "full; all detail is given in any case.")
            .Produces<StablyRunDetail>().ProducesErrors(401, 404, 429);
    }
}
