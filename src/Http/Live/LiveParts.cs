using Ledger.Store;

namespace Ledger.Http.Live;

/// <summary>The events of this host's feed, and who follows them.</summary>
public static class LiveParts
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton(provider => new EventFeed(
            provider.GetRequiredService<EventLog>(),
            logger: provider.GetRequiredService<ILogger<EventFeed>>()));
        services.AddSingleton<SessionChanges>();
        services.AddSingleton<SessionFeed>();
        services.AddSingleton<EventStreams>();
    }
}
