using Ledger.Store;

namespace Ledger.Http.Health;

/// <summary>Whether the process lives, and whether it can serve.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/health").AllowAnonymous().WithTags("Health");
        group.MapGet("live", () => TypedResults.Ok(new Health("live"))).WithSummary("The process lives.");
        group.MapGet("ready", ReadyAsync).WithSummary("The ledger can serve: its database answers.");
    }

    private static async Task<IResult> ReadyAsync(EventLog store, CancellationToken cancellation)
    {
        try
        {
            return TypedResults.Ok(new Health("ready", await store.ReadHeadAsync(cancellation)));
        }
        catch (StoreUnavailableException)
        {
            return TypedResults.Json(new Health("unavailable"), statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }
}

/// <summary>The state of this host.</summary>
/// <param name="Status">live, ready or unavailable.</param>
/// <param name="Position">The position of the last event, when the database answers.</param>
public sealed record Health(string Status, long? Position = null);
