using System.Buffers.Binary;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>A client that writes and reads every byte by hand: it shares nothing with what it tests.</summary>
internal sealed class MqttTestClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly ClientWebSocket socket;
    private readonly byte[] frame = new byte[16 * 1024];
    private readonly List<byte> received = [];

    private MqttTestClient(ClientWebSocket socket) => this.socket = socket;

    /// <summary>How many bytes each frame has at most, when a packet is sent in several.</summary>
    public int FrameSize { get; init; } = int.MaxValue;

    /// <summary>Why the server closed, as its close frame said; null when there was none.</summary>
    public WebSocketCloseStatus? CloseStatus => socket.CloseStatus;

    public string? SubProtocol => socket.SubProtocol;

    /// <summary>Upgrades, and sends nothing.</summary>
    public static async Task<MqttTestClient> OpenAsync(
        Uri address,
        string path = "/?authenticationScheme=userApiKey",
        string protocol = "mqtt",
        int frameSize = int.MaxValue,
        int? receiveBuffer = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(protocol);
        socket.Options.DangerousDeflateOptions = new WebSocketDeflateOptions();
        var scheme = address.Scheme == Uri.UriSchemeHttps ? "wss" : "ws";
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { ConnectCallback = ConnectAsync });
        await socket.ConnectAsync(new Uri($"{scheme}://{address.Authority}{path}"), invoker, CancellationToken.None).WaitAsync(Patience);
        return new MqttTestClient(socket) { FrameSize = frameSize };

        async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
        {
            var connection = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (receiveBuffer is { } size)
            {
                connection.ReceiveBufferSize = size;
            }

            await connection.ConnectAsync(context.DnsEndPoint, cancellation);
            return new NetworkStream(connection, ownsSocket: true);
        }
    }

    /// <summary>Upgrades and connects as the genuine client does.</summary>
    public static async Task<MqttTestClient> ConnectAsync(Uri address, string user, string password, string? clientId = null, int keepAlive = 60)
    {
        var client = await OpenAsync(address);
        (await client.HelloAsync(user, password, clientId, keepAlive)).ShouldBe(0);
        return client;
    }

    /// <summary>CONNECT, and the return code of the answer.</summary>
    public async Task<int> HelloAsync(string user, string password, string? clientId = null, int keepAlive = 60)
    {
        await SendAsync(Packets.Connect(user, password, clientId, keepAlive));
        return await HelloAnswerAsync();
    }

    /// <summary>The return code of CONNACK, which says that no session was there.</summary>
    public async Task<int> HelloAnswerAsync()
    {
        var answer = await NextAsync();
        answer.First.ShouldBe((byte)0x20);
        answer.Body.Length.ShouldBe(2);
        answer.Body[0].ShouldBe((byte)0);
        return answer.Body[1];
    }

    /// <summary>SUBSCRIBE, and the codes of the answer. Nothing may come before it.</summary>
    public async Task<byte[]> SubscribeAsync(params string[] filters)
    {
        await SendAsync(Packets.Subscribe(7, filters));
        var answer = await NextAsync();
        answer.First.ShouldBe((byte)0x90);
        answer.Body[..2].ShouldBe([0, 7]);
        return answer.Body[2..];
    }

    /// <summary>PINGREQ and its answer: everything sent before has been worked on.</summary>
    public async Task PingAsync()
    {
        await SendAsync(0xc0, 0);
        (await NextAsync()).ShouldBePacket(0xd0);
    }

    /// <summary>Sends bytes in as few frames as <see cref="FrameSize"/> allows.</summary>
    public async Task SendAsync(params byte[] bytes)
    {
        foreach (var part in bytes.Chunk(FrameSize))
        {
            await socket.SendAsync(part, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        }
    }

    public Task SendTextAsync(string text) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);

    /// <summary>The next packet.</summary>
    public async Task<Received> NextAsync()
    {
        while (true)
        {
            if (TryTake() is { } packet)
            {
                return packet;
            }

            (await ReceiveAsync()).ShouldBeTrue($"The server has closed: {socket.CloseStatus} {socket.CloseStatusDescription}");
        }
    }

    /// <summary>The next message.</summary>
    public async Task<Message> NextMessageAsync()
    {
        var packet = await NextAsync();
        packet.First.ShouldBe((byte)0x30, "A message in quality 0, not retained.");
        var length = BinaryPrimitives.ReadUInt16BigEndian(packet.Body);
        return new Message(
            Encoding.UTF8.GetString(packet.Body.AsSpan(2, length)), JsonSerializer.Deserialize<JsonElement>(packet.Body.AsSpan(2 + length)));
    }

    /// <summary>Reads until the server has closed or cut off; whatever comes before that is forgotten.</summary>
    public async Task<WebSocketCloseStatus?> EndAsync()
    {
        while (await ReceiveAsync())
        {
            received.Clear();
        }

        return socket.CloseStatus;
    }

    /// <summary>Goes without a word.</summary>
    public void Abort() => socket.Abort();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<bool> ReceiveAsync()
    {
        try
        {
            var part = await socket.ReceiveAsync(frame.AsMemory(), CancellationToken.None).AsTask().WaitAsync(Patience);
            if (part.MessageType is WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                return false;
            }

            part.MessageType.ShouldBe(WebSocketMessageType.Binary);
            received.AddRange(frame.AsSpan(0, part.Count));
            return true;
        }
        catch (WebSocketException)
        {
            return false;
        }
    }

    private Received? TryTake()
    {
        var length = 0;
        for (var at = 1; at < received.Count; at++)
        {
            length |= (received[at] & 0x7f) << (7 * (at - 1));
            if ((received[at] & 0x80) != 0)
            {
                continue;
            }

            if (received.Count < at + 1 + length)
            {
                return null;
            }

            var packet = new Received(received[0], [.. received.Skip(at + 1).Take(length)]);
            received.RemoveRange(0, at + 1 + length);
            return packet;
        }

        return null;
    }
}

/// <summary>A packet from the server.</summary>
internal sealed record Received(byte First, byte[] Body)
{
    public void ShouldBePacket(byte first, params byte[] body)
    {
        First.ShouldBe(first);
        Body.ShouldBe(body);
    }
}

/// <summary>A message from the server.</summary>
internal sealed record Message(string Topic, JsonElement Payload);
