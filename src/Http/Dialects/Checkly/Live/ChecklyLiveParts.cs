using Ledger.Http.Mqtt;

namespace Ledger.Http.Dialects.Checkly.Live;

/// <summary>Live results over MQTT, on the port of everything else (wire.md 4.4).</summary>
public static class ChecklyLiveParts
{
    // A peer that is gone is noticed by this even when it promised no keep-alive of its own.
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(30);

    private static readonly PathString[] Paths = ["/", "/mqtt"];

    public static void AddChecklyLive(this IServiceCollection services)
    {
        services.AddSingleton<SuiteSearch>();
        services.AddSingleton<Suites>();
        services.AddSingleton<IMqttApplication, ChecklyMqtt>();
        services.AddSingleton<MqttServer>();
    }

    /// <summary>
    /// Takes the upgrades. They need no key, for CONNECT brings it; a request that is no upgrade goes on as if this were not here. The parts
    /// of the query, such as <c>authenticationScheme</c>, say nothing new.
    /// </summary>
    public static void UseChecklyLive(this WebApplication app)
    {
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Ping, KeepAliveTimeout = Ping });
        app.UseWhen(
            context => context.WebSockets.IsWebSocketRequest && Paths.Contains(context.Request.Path),
            upgrades => upgrades.Run(context => context.RequestServices.GetRequiredService<MqttServer>().ServeAsync(context)));
    }
}
