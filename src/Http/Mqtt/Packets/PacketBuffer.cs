namespace Ledger.Http.Mqtt.Packets;

/// <summary>
/// Finds control packets in a stream of bytes, however it is cut into frames: a packet may span frames, and a frame hold several packets
/// (MQTT 3.1.1, MQTT-6.0.0-2). Small while packets are small; grows for a large one, and never beyond the limit.
/// </summary>
/// <param name="maximumPacket">The longest packet, its fixed header included, in bytes.</param>
public sealed class PacketBuffer(int maximumPacket)
{
    private const int InitialSize = 512;
    private const int LongestHeader = 5;

    private byte[] bytes = new byte[Math.Min(InitialSize, maximumPacket)];
    private int start;
    private int end;

    /// <summary>
    /// Where to put what arrives next; never empty. Whatever was taken before is overwritten: take all that is there first.
    /// </summary>
    public Memory<byte> Free
    {
        get
        {
            if (start > 0)
            {
                bytes.AsSpan(start, end - start).CopyTo(bytes);
                end -= start;
                start = 0;
            }

            if (end == bytes.Length)
            {
                Array.Resize(ref bytes, Math.Min(bytes.Length * 2, maximumPacket));
            }
            else if (end == 0 && bytes.Length > InitialSize)
            {
                bytes = new byte[InitialSize];
            }

            return bytes.AsMemory(end);
        }
    }

    /// <summary>So many bytes were put into <see cref="Free"/>.</summary>
    public void Advance(int count) => end += count;

    /// <summary>The next packet, if all of it is there.</summary>
    /// <exception cref="MalformedPacketException">Its length is none, or beyond the limit; said as soon as the length can be read.</exception>
    public bool TryTake(out RawPacket packet)
    {
        packet = default;
        var there = bytes.AsSpan(start, end - start);
        if (!TryReadHeader(there, out var header, out var length))
        {
            return false;
        }

        if (header + length > maximumPacket)
        {
            throw new MalformedPacketException($"A packet of {header + length} bytes.", isTooLarge: true);
        }

        if (there.Length < header + length)
        {
            return false;
        }

        packet = new RawPacket((PacketType)(there[0] >> 4), there[0] & 0x0f, bytes.AsMemory(start + header, length));
        start += header + length;
        return true;
    }

    /// <summary>The remaining length: seven bits a byte, the least significant first, at most four bytes (MQTT 3.1.1, 2.2.3).</summary>
    private static bool TryReadHeader(ReadOnlySpan<byte> there, out int header, out int length)
    {
        length = 0;
        for (header = 1; header < LongestHeader; header++)
        {
            if (header >= there.Length)
            {
                return false;
            }

            length |= (there[header] & 0x7f) << (7 * (header - 1));
            if ((there[header] & 0x80) == 0)
            {
                header++;
                return true;
            }
        }

        throw new MalformedPacketException("A remaining length of more than four bytes.");
    }
}
