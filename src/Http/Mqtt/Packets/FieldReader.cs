using System.Buffers.Binary;
using System.Text;

namespace Ledger.Http.Mqtt.Packets;

/// <summary>Reads the fields of a packet's body one after another (MQTT 3.1.1, 1.5).</summary>
/// <param name="body">The body.</param>
public ref struct FieldReader(ReadOnlySpan<byte> body)
{
    // Refuses what is not UTF-8, halves of surrogate pairs included (MQTT-1.5.3-1).
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private ReadOnlySpan<byte> rest = body;

    /// <summary>Whether nothing is left.</summary>
    public readonly bool IsAtEnd => rest.IsEmpty;

    public byte Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    /// <summary>An id that has to be there (MQTT-2.3.1-1).</summary>
    public int PacketId() => UInt16() is var id and not 0 ? id : throw new MalformedPacketException("A packet id of 0.");

    /// <summary>Bytes with their length before them.</summary>
    public ReadOnlySpan<byte> Binary() => Take(UInt16());

    /// <summary>A text with its length before it.</summary>
    public string Text()
    {
        try
        {
            var text = Strict.GetString(Binary());
            return text.Contains('\0', StringComparison.Ordinal)
                ? throw new MalformedPacketException("A text with a NUL character (MQTT-1.5.3-2).")
                : text;
        }
        catch (DecoderFallbackException)
        {
            throw new MalformedPacketException("A text that is not UTF-8 (MQTT-1.5.3-1).");
        }
    }

    /// <summary>Expects the end.</summary>
    public readonly void End()
    {
        if (!IsAtEnd)
        {
            throw new MalformedPacketException("A packet that is longer than its content.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (rest.Length < count)
        {
            throw new MalformedPacketException("A packet that is shorter than its content.");
        }

        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }
}
