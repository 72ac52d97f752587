using Ledger.Http.Mqtt.Packets;

namespace Ledger.Http.Tests.Mqtt;

public sealed class PacketBufferTests
{
    private const int Maximum = 64 * 1024;

    private static readonly byte[] Several =
    [
        .. Packets.Connect("account", "secret", "me"), .. Packets.Subscribe(1, "a/b/+"), 0xc0, 0, .. Packets.Unsubscribe(2, "a/b/+"), 0xe0, 0,
    ];

    [Fact]
    public void Packets_are_the_same_wherever_the_frames_are_cut()
    {
        var whole = Take(Several);

        whole.Select(packet => packet.First).ShouldBe([0x10, 0x82, 0xc0, 0xa2, 0xe0]);
        for (var cut = 0; cut <= Several.Length; cut++)
        {
            Take(Several[..cut], Several[cut..]).ShouldBe(whole, $"cut at {cut}");
        }

        Take([.. Several.Select(one => (byte[])[one])]).ShouldBe(whole, "byte by byte");
    }

    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(16_383, "FF7F")]
    [InlineData(16_384, "808001")]
    [InlineData(65_532, "FCFF03")]
    public void A_remaining_length_is_read_as_the_specification_writes_it(int length, string encoded)
    {
        var packet = Take([0x30, .. Convert.FromHexString(encoded), .. new byte[length]]).ShouldHaveSingleItem();

        packet.First.ShouldBe(0x30);
        (packet.Body.Length / 2).ShouldBe(length);
    }

    [Fact]
    public void A_packet_beyond_the_limit_is_refused_as_soon_as_its_length_is_known()
    {
        // Three bytes of length and the first byte: 65,533 more make one too many.
        Should.Throw<MalformedPacketException>(() => Take([0x30, 0xfd, 0xff, 0x03])).IsTooLarge.ShouldBeTrue();
        Should.Throw<MalformedPacketException>(() => Take([0x30, 0xff, 0xff, 0xff, 0x7f])).IsTooLarge.ShouldBeTrue();
    }

    [Fact]
    public void A_remaining_length_of_five_bytes_is_malformed() =>
        Should.Throw<MalformedPacketException>(() => Take([0x30, 0x80, 0x80, 0x80, 0x80, 0x01])).IsTooLarge.ShouldBeFalse();

    [Fact]
    public void The_buffer_is_small_again_after_a_large_packet()
    {
        var buffer = new PacketBuffer(Maximum);
        Put(buffer, Packets.Packet(0x30, new byte[60_000]));
        buffer.TryTake(out var large).ShouldBeTrue();
        large.Body.Length.ShouldBe(60_000);

        buffer.Free.Length.ShouldBeLessThan(1024);
    }

    private static List<(int First, string Body)> Take(params IReadOnlyList<byte[]> frames)
    {
        var buffer = new PacketBuffer(Maximum);
        var taken = new List<(int, string)>();
        foreach (var frame in frames)
        {
            Put(buffer, frame, () =>
            {
                while (buffer.TryTake(out var packet))
                {
                    taken.Add((((int)packet.Type << 4) | packet.Flags, Convert.ToHexString(packet.Body.Span)));
                }
            });
        }

        return taken;
    }

    private static void Put(PacketBuffer buffer, byte[] bytes, Action? taken = null)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var free = buffer.Free;
            free.Length.ShouldBeGreaterThan(0);
            var count = Math.Min(free.Length, bytes.Length - at);
            bytes.AsMemory(at, count).CopyTo(free);
            buffer.Advance(count);
            at += count;
            taken?.Invoke();
        }
    }
}
