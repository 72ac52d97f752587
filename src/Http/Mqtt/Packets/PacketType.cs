namespace Ledger.Http.Mqtt.Packets;

/// <summary>The types of control packet: the upper four bits of the first byte (MQTT 3.1.1, table 2.1).</summary>
public enum PacketType
{
    Connect = 1,
    ConnectAcknowledgement = 2,
    Publish = 3,
    PublishAcknowledgement = 4,
    PublishReceived = 5,
    PublishRelease = 6,
    PublishComplete = 7,
    Subscribe = 8,
    SubscribeAcknowledgement = 9,
    Unsubscribe = 10,
    UnsubscribeAcknowledgement = 11,
    PingRequest = 12,
    PingResponse = 13,
    Disconnect = 14,
}
