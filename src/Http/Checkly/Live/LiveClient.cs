using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using MQTTnet.Adapter;
using MQTTnet.AspNetCore;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Packets;
using MQTTnet.Protocol;
using MQTTnet.Server;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// One client: its WebSocket as MQTTnet reads and writes it, its subscriptions, and what waits to be sent to it. All of it is bounded. MQTTnet's
/// own transport is not: it takes in packets of 256 MiB from clients that were not let in yet, and closes without a reason.
/// </summary>
/// <param name="abort">Cuts it off at once; called once at most, and never after the client was disposed of.</param>
public sealed class LiveClient(WebSocket socket, IPAddress? address, Action abort) : IMqttChannelAdapter
{
    /// <summary>The largest packet that is read, in bytes.</summary>
    public const int MaximumPacket = 64 * 1024;

    /// <summary>The most filters at once; further ones are refused.</summary>
    public const int MaximumSubscriptions = 16;

    /// <summary>The most that may wait to be sent, in bytes.</summary>
    public const int MaximumWaiting = 1024 * 1024;

    private const int UsualPacket = 512;
    private const int MaximumAnswersDue = 1_000;

    // How long the other side may take to answer a close frame. By the real clock, since no host may wait longer for its end.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly PipeReader input = PipeReader.Create(
        WebSocketStream.Create(socket, WebSocketMessageType.Binary), new StreamPipeReaderOptions(useZeroByteReads: true));

    private readonly Channel<(IEnumerable<SuiteMessage> Messages, int Size)> waiting =
        Channel.CreateUnbounded<(IEnumerable<SuiteMessage> Messages, int Size)>(new UnboundedChannelOptions { SingleReader = true });

    private readonly Dictionary<string, SuiteSubscription> subscriptions = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<SuiteSubscription> granted = new();
    private readonly CancellationTokenSource ended = new();
    private readonly Lock gate = new();
    private (WebSocketCloseStatus Status, string Reason)? ending;
    private Task<ReadResult>? reading;
    private KeyUse? use;
    private CancellationTokenRegistration keyEnding;
    private Task? sending;
    private int waitingSize;
    private int answersDue;
    private bool isOver;

    /// <summary>Where it is; null when that is not known.</summary>
    public IPAddress? Address => address;

    /// <summary>The account whose key was shown; empty until the client is let in.</summary>
    public Guid AccountId { get; private set; }

    /// <summary>The project that its key is bound to; null for none. Known once it was admitted.</summary>
    public string? Project { get; private set; }

    public MqttPacketFormatterAdapter PacketFormatterAdapter { get; } = new(new MqttBufferWriter(UsualPacket, MaximumPacket));

    long IMqttChannelAdapter.BytesReceived => 0;

    long IMqttChannelAdapter.BytesSent => 0;

    X509Certificate2? IMqttChannelAdapter.ClientCertificate => null;

    EndPoint? IMqttChannelAdapter.RemoteEndPoint => null;

    EndPoint? IMqttChannelAdapter.LocalEndPoint => null;

    bool IMqttChannelAdapter.IsSecureConnection => false;

    /// <summary>Lets the client in, for as long as its key is there.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="watch">Says when the key ends.</param>
    public void Admit(ApiKey key, KeyWatch watch)
    {
        (AccountId, Project) = (key.AccountId, key.Project);
        use = watch.Enter(key);
        keyEnding = use.Ended.Register(() => End(WebSocketCloseStatus.PolicyViolation, "The credentials are not valid any more."));
    }

    /// <summary>
    /// Notes a filter that is granted; it begins when the client has been told so. The same filter again takes the place of the one before,
    /// and begins anew (MQTT-3.8.4-3). False when there are too many.
    /// </summary>
    public bool TryGrant(string filter, SuiteSubscription subscription, MqttSessionStatus session)
    {
        if (subscriptions.Count == MaximumSubscriptions && !subscriptions.ContainsKey(filter))
        {
            return false;
        }

        EndSubscription(filter);
        subscriptions.Add(filter, subscription);
        granted.Enqueue(subscription);
        sending ??= SendWaitingAsync(session);
        return true;
    }

    /// <summary>Ends the subscription to a filter, if there is one.</summary>
    public void EndSubscription(string filter)
    {
        if (subscriptions.Remove(filter, out var subscription))
        {
            subscription.Dispose();
        }
    }

    /// <summary>
    /// Puts in messages; never blocks. A client that does not keep up is cut off; it comes back, and is told the present state.
    /// </summary>
    /// <param name="messages">Made one by one while they are sent: however many, they take the client's time and no memory.</param>
    /// <param name="size">What they take until then, in bytes.</param>
    public void Send(IEnumerable<SuiteMessage> messages, int size)
    {
        if (Interlocked.Add(ref waitingSize, size) > MaximumWaiting)
        {
            CutOff();
        }
        else
        {
            waiting.Writer.TryWrite((messages, size));
        }
    }

    /// <summary>Ends the connection with a close frame. The first reason counts.</summary>
    public void End(WebSocketCloseStatus status, string reason)
    {
        lock (gate)
        {
            ending ??= (status, reason);
        }

        _ = ended.CancelAsync();
    }

    /// <summary>Ends the connection at once: the client connects again and finds out what it was not sent.</summary>
    public void CutOff()
    {
        lock (gate)
        {
            if (!isOver)
            {
                isOver = true;
                abort();
            }
        }
    }

    /// <summary>Says goodbye, and waits a short while for the answer. To be called when MQTTnet is done with the client.</summary>
    public async Task CloseAsync()
    {
        End(WebSocketCloseStatus.PolicyViolation, "The connection was refused, or broke the protocol.");
        using var patience = new CancellationTokenSource(Farewell);
        try
        {
            await socket.CloseOutputAsync(ending!.Value.Status, ending.Value.Reason, patience.Token);
            while (await ReadAsync(patience.Token) is { IsCompleted: false } more)
            {
                input.AdvanceTo(more.Buffer.End);
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            CutOff();
        }

        await (sending ?? Task.CompletedTask);
    }

    public async Task<MqttPacket?> ReceivePacketAsync(CancellationToken cancellationToken)
    {
        // To cancel a read of the socket would cut it off.
        await using var stopping = cancellationToken.Register(
            () => End(WebSocketCloseStatus.PolicyViolation, "Nothing was heard for too long, or another connection has this client id."));
        while (true)
        {
            var read = await ReadAsync(ended.Token);
            var (consumed, examined) = (read.Buffer.Start, read.Buffer.End);
            try
            {
                if (PacketFormatterAdapter.TryDecode(read.Buffer, out var packet, out consumed, out examined, out _))
                {
                    return Accept(packet);
                }
            }
            finally
            {
                input.AdvanceTo(consumed, examined);
            }

            if (read.IsCompleted)
            {
                End(WebSocketCloseStatus.NormalClosure, "");
                return null;
            }

            if (IsTooLarge(read.Buffer))
            {
                End(WebSocketCloseStatus.MessageTooBig, "The packet is too large.");
                return null;
            }
        }
    }

    public async Task SendPacketAsync(MqttPacket packet, CancellationToken cancellationToken)
    {
        var bytes = PacketFormatterAdapter.Encode(packet).Join();
        await socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        PacketFormatterAdapter.Cleanup();
        if (packet is not MqttPublishPacket)
        {
            Interlocked.Decrement(ref answersDue);
        }

        if (packet is MqttSubAckPacket)
        {
            while (granted.TryDequeue(out var subscription))
            {
                subscription.Begin();
            }
        }
    }

    Task IMqttChannelAdapter.ConnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    Task IMqttChannelAdapter.DisconnectAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    void IMqttChannelAdapter.ResetStatistics()
    {
        // Nobody asks for them.
    }

    /// <summary>Ends all subscriptions, and whatever may still want to cut the connection off.</summary>
    public void Dispose()
    {
        foreach (var subscription in subscriptions.Values)
        {
            subscription.Dispose();
        }

        keyEnding.Dispose();
        use?.Dispose();
        lock (gate)
        {
            isOver = true;
        }
    }

    /// <summary>A socket that the other side closed while it was to be read is not readable any more, which is no error either.</summary>
    private static bool IsGone(Exception fault) =>
        fault is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or NotSupportedException;

    /// <summary>Whether a packet that has begun is too large, or says so: by a length of four bytes it is 2 MiB at least, or endless.</summary>
    private static bool IsTooLarge(ReadOnlySequence<byte> begun) =>
        begun.Length > MaximumPacket || (begun.Length > 3 && begun.Slice(1, 3).ToArray().All(part => part > sbyte.MaxValue));

    private async Task<ReadResult> ReadAsync(CancellationToken cancellation)
    {
        reading ??= input.ReadAsync(CancellationToken.None).AsTask();
        var read = await reading.WaitAsync(cancellation);
        reading = null;
        return read;
    }

    private MqttPacket Accept(MqttPacket packet)
    {
        switch (packet)
        {
            case MqttConnectPacket connect:
                // MQTTnet's client ids are the host's: without the account in them, one account could end another's connections. Sessions are
                // not kept, and wills are dropped.
                connect.ClientId = $"{connect.Username?.ToLowerInvariant()}/{(connect.ClientId is "" ? Guid.NewGuid() : connect.ClientId)}";
                connect.CleanSession = true;
                connect.WillFlag = false;
                break;
            case MqttSubscribePacket subscribe:
                // Nothing is sent in another quality, and MQTTnet would answer in the order of qualities.
                subscribe.TopicFilters.ForEach(filter => filter.QualityOfServiceLevel = MqttQualityOfServiceLevel.AtMostOnce);
                break;
            case MqttDisconnectPacket:
                End(WebSocketCloseStatus.NormalClosure, "");
                break;
        }

        var isAnswered = packet is not (MqttDisconnectPacket or MqttPublishPacket { QualityOfServiceLevel: MqttQualityOfServiceLevel.AtMostOnce });
        return isAnswered && Interlocked.Increment(ref answersDue) > MaximumAnswersDue
            ? throw new MqttProtocolViolationException("The client does not read its answers.")
            : packet;
    }

    private async Task SendWaitingAsync(MqttSessionStatus session)
    {
        try
        {
            await foreach (var (messages, size) in waiting.Reader.ReadAllAsync(ended.Token))
            {
                foreach (var message in messages)
                {
                    await session.DeliverApplicationMessageAsync(message.Content).WaitAsync(ended.Token);
                }

                Interlocked.Add(ref waitingSize, -size);
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // The connection has ended.
        }
        finally
        {
            End(WebSocketCloseStatus.InternalServerError, "Nothing more can be sent.");
        }
    }
}
