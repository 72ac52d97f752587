using Ledger.Http.Errors;
using Ledger.Http.Mqtt.Connections;
using Ledger.Http.Settings;

namespace Ledger.Http.Mqtt;

/// <summary>
/// Serves MQTT 3.1.1 over WebSocket: the part of it that sends to clients. Messages go out in quality 0, none is retained, no session
/// outlives its connection; what clients publish is acknowledged and dropped, and their wills are.
/// </summary>
public sealed class MqttServer(IMqttApplication application, LedgerSettings settings, IHostApplicationLifetime lifetime, TimeProvider clock)
{
    private const string Protocol = "mqtt";

    private readonly ClientIds clientIds = new();
    private int connections;

    /// <summary>Clients that are connected now.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Upgrades the request, and ends with the connection.</summary>
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
            await new MqttConnection(socket, context.Abort, application, clientIds, clock).RunAsync(lifetime.ApplicationStopping);
        }
        finally
        {
            Interlocked.Decrement(ref connections);
        }
    }
}
