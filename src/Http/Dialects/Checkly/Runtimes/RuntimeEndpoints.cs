using Ledger.Http.Access;
using Ledger.Http.Errors;

namespace Ledger.Http.Dialects.Checkly.Runtimes;

/// <summary>Reads the runtimes (wire.md 3.12).</summary>
public static class RuntimeEndpoints
{
    public static void MapRuntimes(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/runtimes").WithTags("Checkly: supporting reads");
        group.MapGet("", () => ChecklyResult.Json<IReadOnlyList<Runtime>>([Runtime.OfAccounts]))
            .RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Lists the runtimes: the one that every account has.")
            .Produces<IReadOnlyList<Runtime>>().ProducesErrors(401, 403, 429);
        group.MapGet("{runtimeId}", Get)
            .RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Reads one runtime.")
            .Produces<Runtime>().ProducesErrors(401, 403, 404, 429);
    }

    private static IResult Get(string runtimeId) => runtimeId == Runtime.OfAccounts.Name
        ? ChecklyResult.Json(Runtime.OfAccounts)
        : throw RequestRejected.NotFound("Not Found");
}
