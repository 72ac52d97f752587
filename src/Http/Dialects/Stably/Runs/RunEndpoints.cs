using Ledger.Http.Access;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Stably.Runs;

/// <summary>Creates runs and reads them: Stably's public interface (wire.md 7.2).</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/projects/{projectId}/runs").WithTags("Stably: runs");
        group.MapPost("", CreateRun.HandleAsync).RequireScope(Scope.Command)
            .WithSummary("Creates a run of the project; no body is the same as an empty object.")
            .Reads<RunToCreate>(required: false)
            .Produces<RunCreated>().ProducesErrors(400, 401, 429);
        group.MapGet("{runId}", ReadRun.HandleAsync).RequireScope(Scope.Read)
            .WithSummary("Reads where a run stands, and its tests once it is over.")
            .Produces<StablyRun>().ProducesErrors(401, 404, 429);
    }
}
