using System.Net.WebSockets;
using System.Text;

namespace Ledger.Bench.Live;

/// <summary>A client that subscribes to one suite, as Checkly's command line does.</summary>
internal sealed class MqttSubscriber : IDisposable
{
    private readonly ClientWebSocket socket = new();
    private readonly byte[] frame = new byte[4096];

    private MqttSubscriber() => socket.Options.AddSubProtocol("mqtt");

    /// <summary>Ends when the subscription is granted and its present state has been told.</summary>
    public static async Task<MqttSubscriber> SubscribeAsync(HostProcess host, Guid suite)
    {
        var subscriber = new MqttSubscriber();
        var address = new UriBuilder(host.Client.BaseAddress!) { Scheme = "ws" }.Uri;
        await subscriber.socket.ConnectAsync(address, CancellationToken.None);
        await subscriber.SendAsync(
            0x10, [.. Text("MQTT"), 4, 0xc2, 0, 0, .. Text($"bench-{suite:N}"), .. Text(host.AccountId.ToString()), .. Text(host.Key)]);
        await subscriber.ExpectAsync(0x20);
        await subscriber.SendAsync(0x82, [0, 1, .. Text($"account/{host.AccountId}/ad-hoc-check-results/{suite}/+/+/+"), 0]);
        await subscriber.ExpectAsync(0x90);
        await subscriber.ExpectAsync(0x30);
        return subscriber;
    }

    /// <summary>Calls back with every message; the server sends each packet in a frame of its own.</summary>
    public async Task ReadAsync(Action arrived)
    {
        try
        {
            while (await NextAsync() == 0x30)
            {
                arrived();
            }
        }
        catch (WebSocketException)
        {
            // The measurement is over.
        }
    }

    public void Dispose() => socket.Dispose();

    private async Task ExpectAsync(byte first)
    {
        if (await NextAsync() is var got && got != first)
        {
            throw new InvalidOperationException($"Expected a packet {first:x2}, got {got:x2}.");
        }
    }

    private async Task<byte> NextAsync()
    {
        var received = await socket.ReceiveAsync(frame.AsMemory(), CancellationToken.None);
        var first = received.Count > 0 ? frame[0] : (byte)0;
        while (!received.EndOfMessage)
        {
            received = await socket.ReceiveAsync(frame.AsMemory(), CancellationToken.None);
        }

        return first;
    }

    private Task SendAsync(byte first, byte[] body) => socket.SendAsync(
        (byte[])[first, (byte)((body.Length & 0x7f) | 0x80), (byte)(body.Length >> 7), .. body],
        WebSocketMessageType.Binary,
        endOfMessage: true,
        CancellationToken.None);

    private static byte[] Text(string text) => [(byte)(text.Length >> 8), (byte)text.Length, .. Encoding.ASCII.GetBytes(text)];
}
