using System.Net;
using System.Net.WebSockets;
using System.Text;
using MQTTnet.Adapter;
using MQTTnet.Diagnostics.Logger;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// Live results over MQTT 3.1.1, on the port of everything else: who is let in, and which filters are granted. MQTTnet speaks the protocol,
/// <see cref="LiveClient"/> is its transport, and <see cref="Suites"/> say what is sent.
/// </summary>
public sealed class LiveResults : IMqttServerAdapter, IHostedService
{
    private const string Protocol = "mqtt";

    // How long a client may take to send CONNECT.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Strangers strangers;
    private readonly KeyWatch watch;
    private readonly Suites suites;
    private readonly LedgerSettings settings;
    private readonly IHostApplicationLifetime lifetime;
    private readonly MqttServer server;
    private int connections;

    public LiveResults(Strangers strangers, KeyWatch watch, Suites suites, LedgerSettings settings, IHostApplicationLifetime lifetime)
    {
        (this.strangers, this.watch, this.suites, this.settings, this.lifetime) = (strangers, watch, suites, settings, lifetime);
        server = new MqttServer(new MqttServerOptions { DefaultCommunicationTimeout = Patience }, [this], MqttNetNullLogger.Instance);
        server.ValidatingConnectionAsync += AdmitAsync;
        server.InterceptingSubscriptionAsync += GrantAsync;
        server.ClientUnsubscribedTopicAsync += EndSubscriptionAsync;
        server.InterceptingPublishAsync += DropAsync;
    }

    /// <summary>Clients that are connected now.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>How MQTTnet serves a client; set while the server is started.</summary>
    public Func<IMqttChannelAdapter, Task>? ClientHandler { get; set; }

    /// <summary>Serves a client over the request's WebSocket, until one of the two ends it.</summary>
    /// <exception cref="RequestRejected">400 without the subprotocol, 503 when too many are connected.</exception>
    public async Task ServeAsync(HttpContext context)
    {
        if (!context.WebSockets.WebSocketRequestedProtocols.Contains(Protocol, StringComparer.Ordinal))
        {
            throw RequestRejected.BadRequest($"The header Sec-WebSocket-Protocol must name '{Protocol}'.");
        }

        try
        {
            if (Interlocked.Increment(ref connections) > settings.Mqtt.MaximumConnections)
            {
                throw RequestRejected.Unavailable("too-many-connections", "Too many clients are connected; please retry.");
            }

            using var socket = await context.WebSockets.AcceptWebSocketAsync(Protocol);
            using var client = new LiveClient(socket, context.Connection.RemoteIpAddress, context.Abort);
            await using var leaving = lifetime.ApplicationStopping.Register(
                () => client.End(WebSocketCloseStatus.EndpointUnavailable, "The server is stopping."));
            await ClientHandler!(client);
            await client.CloseAsync();
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    }

    Task IHostedService.StartAsync(CancellationToken cancellationToken) => server.StartAsync();

    Task IHostedService.StopAsync(CancellationToken cancellationToken) => server.StopAsync();

    Task IMqttServerAdapter.StartAsync(MqttServerOptions options, IMqttNetLogger logger) => Task.CompletedTask;

    Task IMqttServerAdapter.StopAsync() => Task.CompletedTask;

    void IDisposable.Dispose()
    {
        // The host stops the server, and clients are disposed of where they are served.
    }

    private async Task AdmitAsync(ValidatingConnectionEventArgs connect)
    {
        connect.ReasonCode = MqttConnectReasonCode.UnsupportedProtocolVersion;
        if (connect.ProtocolVersion is MqttProtocolVersion.V311)
        {
            var client = (LiveClient)connect.ChannelAdapter;
            (connect.ReasonCode, var key) = await CheckAsync(connect.UserName, connect.RawPassword, client.Address);
            connect.SessionItems[typeof(LiveClient)] = client;
            if (key is not null)
            {
                client.Admit(key, watch);
            }
        }
    }

    /// <summary>The user name is the account's id, the password a key with the scope <c>read</c> or <c>command</c>.</summary>
    private async Task<(MqttConnectReasonCode Code, ApiKey? Key)> CheckAsync(string? user, byte[]? password, IPAddress? address)
    {
        if (!Guid.TryParseExact(user, "D", out var account) || password is not { Length: > 0 and <= ApiKeyHandler.LongestSecret })
        {
            return (MqttConnectReasonCode.NotAuthorized, null);
        }

        try
        {
            var key = await strangers.FindAsync(Encoding.UTF8.GetString(password), address, CancellationToken.None);
            return key?.AccountId == account && (key.Has(Scope.Read) || key.Has(Scope.Command))
                ? (MqttConnectReasonCode.Success, key)
                : (MqttConnectReasonCode.NotAuthorized, null);
        }
        catch (Exception wait) when (wait is StoreUnavailableException or RequestRejected)
        {
            return (MqttConnectReasonCode.ServerUnavailable, null);
        }
    }

    private Task GrantAsync(InterceptingSubscriptionEventArgs subscribe)
    {
        var client = (LiveClient)subscribe.Session.Items[typeof(LiveClient)]!;
        var filter = subscribe.TopicFilter.Topic;
        if (ResultTopic.Read(filter, client.AccountId) is not { } asked
            || !client.TryGrant(filter, new SuiteSubscription(asked.Suite, asked.Filter, client, suites), subscribe.Session))
        {
            subscribe.Response.ReasonCode = MqttSubscribeReasonCode.UnspecifiedError;
        }

        return Task.CompletedTask;
    }

    private static Task EndSubscriptionAsync(ClientUnsubscribedTopicEventArgs unsubscribed)
    {
        ((LiveClient)unsubscribed.SessionItems[typeof(LiveClient)]!).EndSubscription(unsubscribed.TopicFilter);
        return Task.CompletedTask;
    }

    /// <summary>Clients have nothing to say here. To acknowledge is the one way to tell them so without closing (MQTT-3.3.5-2).</summary>
    private static Task DropAsync(InterceptingPublishEventArgs publish)
    {
        publish.ProcessPublish = false;
        return Task.CompletedTask;
    }
}

/// <summary>Where live results are in the host.</summary>
public static class LiveResultsParts
{
    // A peer that is gone is noticed by this even when it promised no keep-alive of its own.
    private static readonly TimeSpan Ping = TimeSpan.FromSeconds(30);

    private static readonly PathString[] Paths = ["/", "/mqtt"];

    public static void AddChecklyLive(this IServiceCollection services)
    {
        services.AddSingleton<Suites>();
        services.AddSingleton<TopicsOf>(Suites.TopicsOf);
        services.AddSingleton<LiveResults>();
        services.AddHostedService(provider => provider.GetRequiredService<LiveResults>());
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
            upgrades => upgrades.Run(context => context.RequestServices.GetRequiredService<LiveResults>().ServeAsync(context)));
    }
}
