using Ledger.Http.Mqtt.Topics;

namespace Ledger.Http.Mqtt.Packets;

/// <summary>Reads what clients send, after MQTT 3.1.1, chapter 3. All else is malformed.</summary>
public static class PacketReader
{
    // SUBSCRIBE, UNSUBSCRIBE and PUBREL carry these flags, all other packets but PUBLISH none (MQTT-2.2.2-1).
    private const int RequestFlags = 0b0010;

    /// <summary>The packet, if it is one that clients send.</summary>
    /// <exception cref="MalformedPacketException">It is not.</exception>
    public static ClientPacket Read(RawPacket raw)
    {
        var body = new FieldReader(raw.Body.Span);
        ClientPacket packet = (raw.Type, raw.Flags) switch
        {
            (PacketType.Connect, 0) => ConnectReader.Read(ref body),
            (PacketType.Publish, _) => ReadPublish(raw.Flags, ref body),
            (PacketType.PublishRelease, RequestFlags) => new PublishReleasePacket(body.PacketId()),
            (PacketType.Subscribe, RequestFlags) => ReadSubscribe(ref body),
            (PacketType.Unsubscribe, RequestFlags) => ReadUnsubscribe(ref body),
            (PacketType.PingRequest, 0) => new PingRequestPacket(),
            (PacketType.Disconnect, 0) => new DisconnectPacket(),
            _ => throw new MalformedPacketException($"A packet of type {(int)raw.Type} with flags {raw.Flags}."),
        };
        if (packet is not (ForeignConnectPacket or PublishPacket))
        {
            body.End();
        }

        return packet;
    }

    private static SubscribePacket ReadSubscribe(ref FieldReader body)
    {
        var id = body.PacketId();
        var filters = new List<TopicFilter>();
        do
        {
            var filter = body.Text();
            if (body.Byte() > 2)
            {
                throw new MalformedPacketException("A quality of service beyond 2 (MQTT-3.8.3-4).");
            }

            filters.Add(TopicFilter.TryParse(filter) ?? throw new MalformedPacketException("A topic filter that is none (MQTT-4.7.1)."));
        }
        while (!body.IsAtEnd);
        return new SubscribePacket(id, filters);
    }

    private static UnsubscribePacket ReadUnsubscribe(ref FieldReader body)
    {
        var id = body.PacketId();
        var filters = new List<string>();
        do
        {
            filters.Add(body.Text());
        }
        while (!body.IsAtEnd);
        return new UnsubscribePacket(id, filters);
    }

    private static PublishPacket ReadPublish(int flags, ref FieldReader body)
    {
        var quality = (flags >> 1) & 0b11;
        var isDuplicate = (flags & 0b1000) != 0;
        if (quality == 3 || (quality == 0 && isDuplicate))
        {
            throw new MalformedPacketException("A message with a quality of service that is none (MQTT-3.3.1-2, MQTT-3.3.1-4).");
        }

        if (!TopicFilter.IsTopicName(body.Text()))
        {
            throw new MalformedPacketException("A message to a topic that is none (MQTT-3.3.2-2, MQTT-4.7.3-1).");
        }

        return new PublishPacket(quality, quality == 0 ? 0 : body.PacketId());
    }
}
