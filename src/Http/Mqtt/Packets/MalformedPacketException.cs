namespace Ledger.Http.Mqtt.Packets;

/// <summary>
/// A client broke the protocol: its connection has to be closed, without an answer (MQTT 3.1.1, MQTT-4.8.0-1).
/// </summary>
/// <param name="rule">What was broken, for the log.</param>
/// <param name="isTooLarge">Whether the packet is larger than this server reads.</param>
public sealed class MalformedPacketException(string rule, bool isTooLarge = false) : Exception(rule)
{
    public bool IsTooLarge => isTooLarge;
}
