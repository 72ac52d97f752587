using System.Net.WebSockets;

namespace Ledger.Http.Mqtt.Connections;

/// <summary>Why a connection ends, as its close frame says.</summary>
/// <param name="Status">The status of the close frame.</param>
/// <param name="Reason">In words.</param>
public sealed record Ending(WebSocketCloseStatus Status, string Reason)
{
    public static Ending Done { get; } = new(WebSocketCloseStatus.NormalClosure, "");

    public static Ending Refused { get; } = new(WebSocketCloseStatus.PolicyViolation, "The connection was refused.");

    public static Ending Malformed { get; } = new(WebSocketCloseStatus.ProtocolError, "A malformed packet, or one out of turn.");

    public static Ending TooLarge { get; } = new(WebSocketCloseStatus.MessageTooBig, "The packet is too large.");

    public static Ending NotBinary { get; } = new(WebSocketCloseStatus.InvalidMessageType, "MQTT needs binary frames.");

    public static Ending Silent { get; } = new(WebSocketCloseStatus.PolicyViolation, "Nothing was heard for too long.");

    public static Ending TakenOver { get; } = new(WebSocketCloseStatus.PolicyViolation, "Another connection has this client id.");

    public static Ending Unwelcome { get; } = new(WebSocketCloseStatus.PolicyViolation, "The credentials are not valid any more.");

    public static Ending GoingAway { get; } = new(WebSocketCloseStatus.EndpointUnavailable, "The server is stopping.");
}
