using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.Archiving;

namespace Ledger.Http.Archive;

/// <summary>Archives settled sessions on request (docs/archiving.md).</summary>
public static class ArchiveEndpoint
{
    private const int DefaultLimit = 1_000;
    private const int MaximumLimit = 10_000;

    public static void MapArchive(this IEndpointRouteBuilder routes) => routes
        .MapPost("/ledger/archive", ArchiveAsync)
        .RequireScope(Scope.Admin)
        .WithTags("Archive")
        .WithSummary("Moves the account's sessions that were settled before a time to the archived partition. No answer changes by it.")
        .Reads<ArchiveRequest>()
        .Produces<Archived>();

    private static async Task<IResult> ArchiveAsync(HttpContext context, Archiver archiver)
    {
        var request = await Body.ReadRequiredJsonAsync<ArchiveRequest>(context.Request, Json.Options);
        if (request.Limit is < 1 or > MaximumLimit)
        {
            throw RequestRejected.BadRequest($"'limit' must be between 1 and {MaximumLimit}.");
        }

        var archived = await Database.RunAsync(() => archiver.ArchiveAsync(
            context.Key().AccountId, request.Before, request.Limit ?? DefaultLimit, context.RequestAborted));
        return NativeResult.Json(new Archived(archived));
    }
}

/// <summary>What to archive.</summary>
/// <param name="Before">Sessions that were settled before this time.</param>
/// <param name="Limit">How many at most, 1 to 10,000; 1,000 when absent.</param>
public sealed record ArchiveRequest(DateTimeOffset Before, int? Limit = null);

/// <summary>What was archived.</summary>
/// <param name="Sessions">How many sessions; fewer than the limit when there were no more.</param>
public sealed record Archived(int Sessions);
