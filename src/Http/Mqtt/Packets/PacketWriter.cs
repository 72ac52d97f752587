using System.Buffers.Binary;
using System.Text;

namespace Ledger.Http.Mqtt.Packets;

/// <summary>What this server sends, as bytes (MQTT 3.1.1, chapter 3). Messages go out in quality 0, and none is retained.</summary>
public static class PacketWriter
{
    /// <summary>The answer to a filter that is not granted.</summary>
    public const byte SubscriptionRefused = 0x80;

    /// <summary>The answer to a filter that is granted, in quality 0 whatever was asked for.</summary>
    public const byte SubscriptionGranted = 0x00;

    private const int LongestText = ushort.MaxValue;

    public static ReadOnlyMemory<byte> PingResponse { get; } = new byte[] { First(PacketType.PingResponse), 0 };

    /// <summary>The answer to CONNECT. No session is ever there from before.</summary>
    public static ReadOnlyMemory<byte> ConnectAcknowledgement(ConnectCode code) =>
        new byte[] { First(PacketType.ConnectAcknowledgement), 2, 0, (byte)code };

    /// <summary>The answer to SUBSCRIBE: one code for each filter, in their order.</summary>
    public static ReadOnlyMemory<byte> SubscribeAcknowledgement(int packetId, IReadOnlyCollection<byte> codes) =>
        Packet(PacketType.SubscribeAcknowledgement, [(byte)(packetId >> 8), (byte)packetId, .. codes]);

    /// <summary>An answer that consists of the id of what it answers: UNSUBACK, PUBACK, PUBREC, PUBCOMP.</summary>
    public static ReadOnlyMemory<byte> Acknowledgement(PacketType type, int packetId) =>
        new byte[] { First(type), 2, (byte)(packetId >> 8), (byte)packetId };

    /// <summary>A message.</summary>
    /// <param name="topic">Its topic; no wildcards.</param>
    /// <param name="payload">Its content.</param>
    public static ReadOnlyMemory<byte> Publish(string topic, ReadOnlySpan<byte> payload)
    {
        var topicLength = Encoding.UTF8.GetByteCount(topic);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(topicLength, LongestText, nameof(topic));
        var body = new byte[2 + topicLength + payload.Length];
        BinaryPrimitives.WriteUInt16BigEndian(body, (ushort)topicLength);
        Encoding.UTF8.GetBytes(topic, body.AsSpan(2));
        payload.CopyTo(body.AsSpan(2 + topicLength));
        return Packet(PacketType.Publish, body);
    }

    private static byte[] Packet(PacketType type, ReadOnlySpan<byte> body)
    {
        Span<byte> header = stackalloc byte[5];
        header[0] = First(type);
        var length = 1;
        var remaining = body.Length;
        do
        {
            header[length++] = (byte)((remaining & 0x7f) | (remaining > 0x7f ? 0x80 : 0));
            remaining >>= 7;
        }
        while (remaining > 0);
        return [.. header[..length], .. body];
    }

    private static byte First(PacketType type) => (byte)((int)type << 4);
}
