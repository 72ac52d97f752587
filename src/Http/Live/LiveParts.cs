namespace Ledger.Http.Live;

public static class LiveParts
{
    public static void AddLive(this IServiceCollection services)
    {
        services.AddSingleton<BackgroundLoops>();
        services.AddSingleton<SessionChanges>();
        services.AddSingleton<ChangeNotes>();
        services.AddSingleton<SessionFeed>();
        services.AddSingleton<EventStreams>();
    }
}
