using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Mqtt.Packets;

/// <summary>Reads CONNECT (MQTT 3.1.1, 3.1).</summary>
public static class ConnectReader
{
    private const byte Level = 4;

    /// <summary>The packet; a foreign one when it is in another protocol level, MQTT 3.1 included.</summary>
    /// <exception cref="MalformedPacketException">It is no CONNECT.</exception>
    public static ClientPacket Read(ref FieldReader body)
    {
        var name = body.Text();
        if (name is not ("MQTT" or "MQIsdp"))
        {
            throw new MalformedPacketException("A protocol that is not MQTT (MQTT-3.1.2-1).");
        }

        if (body.Byte() != Level || name != "MQTT")
        {
            return new ForeignConnectPacket();
        }

        var flags = (ConnectFlags)body.Byte();
        Check(flags);
        var keepAlive = TimeSpan.FromSeconds(body.UInt16());
        var clientId = body.Text();
        if (flags.HasFlag(ConnectFlags.Will))
        {
            if (!TopicFilter.IsTopicName(body.Text()))
            {
                throw new MalformedPacketException("A will to a topic that is none (MQTT-4.7.1-1).");
            }

            body.Binary();
        }

        var userName = flags.HasFlag(ConnectFlags.UserName) ? body.Text() : null;
        var password = flags.HasFlag(ConnectFlags.Password) ? body.Binary().ToArray() : null;
        return new ConnectPacket(clientId, flags.HasFlag(ConnectFlags.CleanSession), keepAlive, userName, password);
    }

    private static void Check(ConnectFlags flags)
    {
        if (flags.HasFlag(ConnectFlags.Reserved))
        {
            throw new MalformedPacketException("A reserved flag (MQTT-3.1.2-3).");
        }

        const ConnectFlags ofWill = ConnectFlags.WillQuality | ConnectFlags.WillRetain;
        if (flags.HasFlag(ConnectFlags.Will) ? flags.HasFlag(ConnectFlags.WillQuality) : (flags & ofWill) != ConnectFlags.None)
        {
            throw new MalformedPacketException("Flags of a will that contradict each other (MQTT-3.1.2-13 to 15).");
        }

        if (flags.HasFlag(ConnectFlags.Password) && !flags.HasFlag(ConnectFlags.UserName))
        {
            throw new MalformedPacketException("A password without a user name (MQTT-3.1.2-22).");
        }
    }

    [Flags]
    private enum ConnectFlags
    {
        None = 0x00,
        Reserved = 0x01,
        CleanSession = 0x02,
        Will = 0x04,
        WillQuality1 = 0x08,
        WillQuality2 = 0x10,

        // Both at once are no quality.
        WillQuality = WillQuality1 | WillQuality2,
        WillRetain = 0x20,
        Password = 0x40,
        UserName = 0x80,
    }
}
