using Ledger.Http.Settings;
using Ledger.Projections.Archiving;
using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Http.Archive;

/// <summary>What archives settled sessions.</summary>
public static class ArchiveParts
{
    public static void AddArchive(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton(provider => new Archiver(
            provider.GetRequiredService<NpgsqlDataSource>(), provider.GetRequiredService<ProjectionDaemon>()));
        services.AddSingleton(provider => new ArchiveWatch(
            provider.GetRequiredService<NpgsqlDataSource>(),
            provider.GetRequiredService<Archiver>(),
            settings.Archive.AfterDays is { } days ? TimeSpan.FromDays(days) : null,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<ArchiveWatch>>()));
    }
}
