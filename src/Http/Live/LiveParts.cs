using Ledger.Store;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Http.Live;

/// <summary>The events of this host's feed, and who follows them.</summary>
public static class LiveParts
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton(provider => new EventFeed(
            provider.GetRequiredService<PostgresEventStore>(),
            provider.GetRequiredService<NpgsqlDataSource>(),
            log: provider.GetRequiredService<ILogger<EventFeed>>()));
        services.AddSingleton<SessionFeed>();
        services.AddSingleton<EventStreams>();
    }
}
