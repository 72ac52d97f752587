namespace Ledger.Http.Health;

public static class LiveEndpoint
{
    [WolverineGet("/health/live"), AllowAnonymous, Tags("Health")]
    [EndpointSummary("The process lives.")]
    public static Health Get() => new("live");
}

public static class ReadyEndpoint
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [WolverineGet("/health/ready"), AllowAnonymous, Tags("Health")]
    [EndpointSummary("The ledger can serve: its database answers, and every part of the host works.")]
    [ProducesResponseType<Health>(StatusCodes.Status200OK)]
    public static async Task<IResult> Get(EventLog log, BackgroundLoops loops, ReadModelOperations readModels, CancellationToken cancellation)
    {
        try
        {
            var head = await log.ReadHeadAsync(cancellation);
            string[] failing =
            [
                .. loops.Faults.Keys.Order(StringComparer.Ordinal),
                .. await Database.RunAsync(() => readModels.StuckAsync(Patience, cancellation)),
            ];
            return failing.Length > 0 ? Unavailable(head, failing) : TypedResults.Ok(new Health("ready", head));
        }
        catch (StoreUnavailableException)
        {
            return Unavailable(null, ["database"]);
        }
    }

    private static IResult Unavailable(long? position, IReadOnlyList<string> failing) =>
        TypedResults.Json(new Health("unavailable", position, failing), statusCode: StatusCodes.Status503ServiceUnavailable);
}

/// <summary>The state of this host.</summary>
/// <param name="Status">live, ready or unavailable.</param>
/// <param name="Position">The position of the last event, when the database answers.</param>
/// <param name="Failing">The parts of the host that do not work, when it is unavailable; the log says why.</param>
public sealed record Health(string Status, long? Position = null, IReadOnlyList<string>? Failing = null);
