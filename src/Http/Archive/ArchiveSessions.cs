using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Settings;
using Ledger.Projections.Archiving;
using Ledger.Projections.Daemon;
using Npgsql;

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

        return new Archived(await Database.RunAsync(() => archiver.ArchiveAsync(
            caller.AccountId, request.Before, request.Limit ?? DefaultLimit, cancellation)));
    }
}

/// <summary>What to archive.</summary>
/// <param name="Before">Sessions that were settled before this time.</param>
/// <param name="Limit">How many at most, 1 to 10,000; 1,000 when absent.</param>
public sealed record ArchiveRequest(DateTimeOffset Before, int? Limit = null);

/// <summary>What was archived.</summary>
/// <param name="Sessions">How many sessions; fewer than the limit when there were no more.</param>
public sealed record Archived(int Sessions);

/// <summary>What archives settled sessions.</summary>
public static class ArchiveParts
{
    public static void AddArchive(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton(provider => new Archiver(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<ReadModelOperations>()));
        services.AddSingleton(provider => new ArchiveWatch(
            provider.GetRequiredService<Archiver>(),
            settings.Archive.AfterDays is { } days ? TimeSpan.FromDays(days) : null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ArchiveWatch>>()));
    }
}
