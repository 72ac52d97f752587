using Ledger.Store;

namespace Ledger.Http.Health;

/// <summary>Whether the process lives.</summary>
public static class LiveEndpoint
{
    [WolverineGet("/health/live"), AllowAnonymous, Tags("Health")]
    [EndpointSummary("The process lives.")]
    public static Health Get() => new("live");
}

/// <summary>Whether the ledger can serve.</summary>
public static class ReadyEndpoint
{
    [WolverineGet("/health/ready"), AllowAnonymous, Tags("Health")]
    [EndpointSummary("The ledger can serve: its database answers.")]
    [ProducesResponseType<Health>(StatusCodes.Status200OK)]
    public static async Task<IResult> Get(EventLog log, CancellationToken cancellation)
    {
        try
        {
            return TypedResults.Ok(new Health("ready", await log.ReadHeadAsync(cancellation)));
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
