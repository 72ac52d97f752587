using Ledger.Projections.Archiving;
using Wolverine.Attributes;

namespace Ledger.Http.Archive;

/// <summary>Archives settled sessions on request (docs/archiving.md).</summary>
public static class ArchiveSessionsEndpoint
{
    private const int DefaultLimit = 1_000;
    private const int MaximumLimit = 10_000;

    [WolverinePost("/ledger/archive"), Authorize(Scopes.Admin), Tags("Archive")]
    [EndpointSummary("Archives the account's sessions that were settled before a time. No answer changes by it.")]
    public static async Task<Archived> Post([FromBody] ArchiveRequest request, Caller caller, Archiver archiver, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        if (request.Limit is < 1 or > MaximumLimit)
        {
            throw RequestRejected.BadRequest($"'limit' must be between 1 and {MaximumLimit}.");
        }

        return new Archived(await archiver.ArchiveAsync(
            caller.AccountId, request.Before, request.Limit ?? DefaultLimit, cancellation));
    }
}

/// <summary>What to archive.</summary>
/// <param name="Before">Sessions that were settled before this time.</param>
/// <param name="Limit">How many at most, 1 to 10,000; 1,000 when absent.</param>
public sealed record ArchiveRequest(DateTimeOffset Before, int? Limit = null);

/// <summary>What was archived.</summary>
/// <param name="Sessions">How many sessions; fewer than the limit when there were no more.</param>
public sealed record Archived(int Sessions);

/// <summary>Archives, every ten minutes, what was settled <c>Ledger:Archive:AfterDays</c> ago.</summary>
[MessageIdentity("archive-settled")]
public sealed record ArchiveSettled;

/// <summary>Does so. What it did not come to the next one does.</summary>
public static class ArchiveSettledHandler
{
    public static async Task Handle(
        ArchiveSettled message, Archiver archiver, LedgerSettings settings, TimeProvider clock, ILogger<Archiver> logger, CancellationToken cancellation)
    {
        if (settings.Archive.AfterDays is { } days
            && await archiver.ArchiveAsync(null, clock.GetUtcNow().AddDays(-days), int.MaxValue, cancellation) is > 0 and var archived)
        {
            logger.LogInformation("{Count} sessions were archived.", archived);
        }
    }
}
