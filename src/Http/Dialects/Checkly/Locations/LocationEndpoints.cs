using Ledger.Http.Access;
using Ledger.Http.Checks;

namespace Ledger.Http.Dialects.Checkly.Locations;

/// <summary>Lists locations (wire.md 3.12). Private ones are those that registered checks name and that are no public region.</summary>
public static class LocationEndpoints
{
    public static void MapLocations(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1").WithTags("Checkly: supporting reads");
        group.MapGet("locations", (PublicLocations locations) => ChecklyResult.Json(locations.All))
            .RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Lists the public locations.")
            .Produces<IReadOnlyList<PublicLocation>>().ProducesErrors(401, 403, 429);
        group.MapGet("private-locations", ListPrivateAsync)
            .RequireScope(Scope.Read, Scope.Command)
            .WithSummary("Lists the private locations: those of registered checks that are no public region.")
            .Produces<IReadOnlyList<PrivateLocation>>().ProducesErrors(401, 403, 429);
    }

    private static async Task<IResult> ListPrivateAsync(HttpContext context, PublicLocations locations, CheckRegistry checks)
    {
        var account = context.Key().AccountId;
        var named = (await checks.ListAsync(account, context.RequestAborted)).SelectMany(check => check.Locations);
        return ChecklyResult.Json<IReadOnlyList<PrivateLocation>>(
        [
            .. named.Where(location => !locations.Contains(location))
                .Distinct()
                .Order(StringComparer.Ordinal)
                .Select(location => PrivateLocation.Of(account, location)),
        ]);
    }
}
