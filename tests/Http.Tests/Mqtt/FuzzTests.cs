using System.Net.WebSockets;
using Ledger.Http.Mqtt.Packets;

namespace Ledger.Http.Tests.Mqtt;

/// <summary>Whatever a client sends is read as packets or refused as malformed, and ends nothing but that client's connection.</summary>
public sealed class FuzzTests
{
    private const int Seed = 20261121;

    private static readonly byte[][] Valid =
    [
        Packets.Connect(MqttHost.User, MqttHost.Password, "fuzz"),
        Packets.Connect(null, null, ""),
        Packets.Subscribe(1, "news/+", "news/#"),
        Packets.Unsubscribe(2, "news/+"),
        Packets.Publish(0x30, "a/b", 0, "payload"),
        Packets.Publish(0x34, "a/b", 7, "payload"),
        [0x62, 2, 0, 7],
        [0xc0, 0],
        [0xe0, 0],
    ];

    // Fills whatever packet may have been begun, and is none itself.
    private static readonly byte[] Terminator = [.. Enumerable.Repeat((byte)0xff, 70_000)];

    [Fact]
    public void Nothing_but_malformed_comes_of_any_bytes()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 50_000; round++)
        {
            ReadAll(round % 2 == 0 ? Mutated(random) : Noise(random));
        }
    }

    [Fact]
    public void Every_truncation_of_a_packet_is_waited_for_or_malformed()
    {
        foreach (var packet in Valid)
        {
            for (var length = 0; length < packet.Length; length++)
            {
                ReadAll(packet[..length]).ShouldBe(0, "The packet is not whole.");
            }

            ReadAll(packet).ShouldBe(1);
        }
    }

    [Fact]
    public async Task On_the_wire_it_ends_that_connection_and_no_other()
    {
        await using var host = await MqttHost.StartAsync();
        await using var bystander = await host.ConnectAsync();
        await bystander.SubscribeAsync("news/#");
        var random = new Random(Seed);

        for (var round = 0; round < 100; round++)
        {
            await using var client = round % 3 == 0 ? await host.OpenAsync() : await host.ConnectAsync();
            await SendAsync(client, [.. Noise(random), .. Mutated(random), .. Terminator]);
            await client.EndAsync();

            host.Application.Publish("news/today", "1"u8);
            (await bystander.NextMessageAsync()).Topic.ShouldBe("news/today");
        }

        await bystander.PingAsync();
    }

    private static async Task SendAsync(MqttTestClient client, byte[] bytes)
    {
        try
        {
            await client.SendAsync(bytes);
        }
        catch (WebSocketException)
        {
            // The server has closed before the last byte.
        }
    }

    private static int ReadAll(byte[] bytes)
    {
        var read = 0;
        try
        {
            var buffer = new PacketBuffer(64 * 1024);
            for (var at = 0; at < bytes.Length;)
            {
                var free = buffer.Free;
                var count = Math.Min(free.Length, bytes.Length - at);
                bytes.AsMemory(at, count).CopyTo(free);
                buffer.Advance(count);
                at += count;
                while (buffer.TryTake(out var raw))
                {
                    PacketReader.Read(raw);
                    read++;
                }
            }
        }
        catch (MalformedPacketException)
        {
            // That is how it is refused.
        }

        return read;
    }

    private static byte[] Noise(Random random)
    {
        var bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Mutated(Random random)
    {
        byte[] bytes = [.. Valid[random.Next(Valid.Length)], .. Valid[random.Next(Valid.Length)]];
        for (var change = random.Next(1, 4); change > 0; change--)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }
}
