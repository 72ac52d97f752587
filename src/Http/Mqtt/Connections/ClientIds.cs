using System.Collections.Concurrent;

namespace Ledger.Http.Mqtt.Connections;

/// <summary>
/// Who is connected to this host under which id: a second connection with an id ends the first (MQTT 3.1.1, MQTT-3.1.4-2). Connections to
/// other hosts are not known here; whoever reconnects elsewhere has left the first one anyway.
/// </summary>
public sealed class ClientIds
{
    /// <summary>The longest id, in characters; the protocol promises 23.</summary>
    public const int MaximumLength = 256;

    private readonly ConcurrentDictionary<(string Realm, string Id), MqttConnection> connected = new();

    /// <summary>Gives an id to a connection, and ends the one that had it.</summary>
    public void Take(string realm, string id, MqttConnection connection)
    {
        MqttConnection? earlier = null;
        connected.AddOrUpdate(
            (realm, id),
            connection,
            (_, holder) =>
            {
                earlier = holder;
                return connection;
            });
        earlier?.End(Ending.TakenOver);
    }

    /// <summary>Takes the id back, unless another connection has it by now.</summary>
    public void Release(string realm, string id, MqttConnection connection) =>
        connected.TryRemove(KeyValuePair.Create((realm, id), connection));
}
