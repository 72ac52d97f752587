using System.Net.WebSockets;
using Ledger.Http.Mqtt.Packets;

namespace Ledger.Http.Mqtt.Connections;

/// <summary>
/// One connection, from its first packet to its last (MQTT 3.1.1 over WebSocket, chapter 6). Nothing that a client sends ends anything but
/// its own connection, and to read from it never waits for what is written to it.
/// </summary>
public sealed class MqttConnection
{
    /// <summary>The largest packet that is read, in bytes.</summary>
    public const int MaximumPacket = 64 * 1024;

    /// <summary>How long a client may take to send CONNECT.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How often it is asked whether the client is welcome still.</summary>
    public static readonly TimeSpan WelcomeCheck = TimeSpan.FromSeconds(15);

    // How long the other side may take to answer a close frame. By the real clock, since no host may wait longer for its end.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly WebSocket socket;
    private readonly Action abort;
    private readonly IMqttApplication application;
    private readonly ClientIds clientIds;
    private readonly TimeProvider clock;
    private readonly Outbox outbox;
    private readonly ITimer silence;
    private readonly CancellationTokenSource ended = new();
    private readonly Lock gate = new();
    private TimeSpan longestSilence = Patience;
    private MqttSession? session;
    private Task staying = Task.CompletedTask;
    private volatile Ending? ending;
    private Timer? farewell;
    private bool isOver;

    /// <summary>A connection that is not served yet.</summary>
    /// <param name="socket">The upgraded connection.</param>
    /// <param name="abort">Cuts it off; called once at most, and never after <see cref="RunAsync"/> has ended.</param>
    /// <param name="application">What stands behind.</param>
    /// <param name="clientIds">Who else is connected.</param>
    /// <param name="clock">The clock of keep-alives.</param>
    public MqttConnection(WebSocket socket, Action abort, IMqttApplication application, ClientIds clientIds, TimeProvider clock)
    {
        this.socket = socket;
        this.abort = abort;
        this.application = application;
        this.clientIds = clientIds;
        this.clock = clock;
        outbox = new Outbox(CutOff);
        silence = clock.CreateTimer(_ => End(Ending.Silent), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Serves the connection until it has ended, one way or the other.</summary>
    /// <param name="stopping">The host is stopping.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        var writing = WriteAsync();
        try
        {
            await using var leaving = stopping.Register(() => End(Ending.GoingAway));
            silence.Change(longestSilence, Timeout.InfiniteTimeSpan);
            await ReadAsync();
        }
        finally
        {
            End(Ending.Done);
            session?.Dispose();
            await silence.DisposeAsync();
            try
            {
                await Task.WhenAll(writing, staying);
            }
            finally
            {
                lock (gate)
                {
                    isOver = true;
                    farewell!.Dispose();
                }
            }
        }
    }

    /// <summary>
    /// Ends the connection: what is waiting is sent, then a close frame with this reason, and a client that does not answer it is cut off.
    /// The first reason counts.
    /// </summary>
    public void End(Ending reason)
    {
        lock (gate)
        {
            if (ending is not null)
            {
                return;
            }

            ending = reason;
            farewell = new Timer(_ => CutOff(), null, Farewell, Timeout.InfiniteTimeSpan);
            outbox.Complete();
        }

        ended.Cancel();
    }

    private void CutOff()
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

    private async Task WriteAsync()
    {
        var isClosed = false;
        try
        {
            await outbox.SendAllAsync(packet =>
                socket.SendAsync(packet, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None));
            await socket.CloseOutputAsync(ending!.Status, ending.Reason, CancellationToken.None);
            isClosed = true;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // Nobody is there to write to.
        }
        finally
        {
            if (!isClosed)
            {
                CutOff();
            }
        }
    }

    private async Task ReadAsync()
    {
        var buffer = new PacketBuffer(MaximumPacket);
        try
        {
            while (await socket.ReceiveAsync(buffer.Free, CancellationToken.None) is { MessageType: not WebSocketMessageType.Close } received)
            {
                if (received.MessageType is WebSocketMessageType.Text)
                {
                    End(Ending.NotBinary);
                }

                // Past the end, only the answer to the close frame is waited for.
                if (ending is null)
                {
                    buffer.Advance(received.Count);
                    await HandleAllAsync(buffer);
                }
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // The client went without a word, or was cut off.
        }
    }

    private async Task HandleAllAsync(PacketBuffer buffer)
    {
        try
        {
            while (ending is null && buffer.TryTake(out var raw))
            {
                await HandleAsync(PacketReader.Read(raw));
                silence.Change(longestSilence, Timeout.InfiniteTimeSpan);
            }
        }
        catch (MalformedPacketException malformed)
        {
            End(malformed.IsTooLarge ? Ending.TooLarge : Ending.Malformed);
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // It ended while it waited to be let in.
        }
    }

    private async Task HandleAsync(ClientPacket packet)
    {
        switch (packet)
        {
            case ConnectPacket connect when session is null:
                await ConnectAsync(connect);
                break;
            case ForeignConnectPacket when session is null:
                Refuse(ConnectCode.UnacceptableVersion);
                break;
            case DisconnectPacket when session is not null:
                End(Ending.Done);
                break;
            case not null when session is not null:
                session.Handle(packet);
                break;
            default:
                throw new MalformedPacketException("A first packet that is not CONNECT (MQTT-3.1.0-1).");
        }
    }

    private async Task ConnectAsync(ConnectPacket packet)
    {
        if (packet.ClientId.Length > ClientIds.MaximumLength || (packet.ClientId.Length == 0 && !packet.IsCleanSession))
        {
            Refuse(ConnectCode.IdentifierRejected);
            return;
        }

        var admission = await application.AdmitAsync(packet.UserName, packet.Password, ended.Token);
        if (admission.Client is not { } client)
        {
            Refuse(admission.Code);
            return;
        }

        session = new MqttSession(client, outbox);
        longestSilence = packet.KeepAlive > TimeSpan.Zero ? packet.KeepAlive * 1.5 : Timeout.InfiniteTimeSpan;
        outbox.Offer(PacketWriter.ConnectAcknowledgement(ConnectCode.Accepted));
        staying = StayAsync(client, packet.ClientId);
    }

    /// <summary>Stays connected under the client's id as long as the client is welcome.</summary>
    private async Task StayAsync(IMqttClient client, string clientId)
    {
        // Who names no id has one of its own, which nobody else can take.
        var id = clientId.Length > 0 ? clientId : Guid.NewGuid().ToString();
        clientIds.Take(client.Realm, id, this);
        try
        {
            using var timer = new PeriodicTimer(WelcomeCheck, clock);
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                if (!await client.IsWelcomeAsync(ended.Token))
                {
                    End(Ending.Unwelcome);
                }
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // The connection has ended.
        }
        finally
        {
            clientIds.Release(client.Realm, id, this);
            End(Ending.Done);
        }
    }

    private void Refuse(ConnectCode code)
    {
        outbox.Offer(PacketWriter.ConnectAcknowledgement(code));
        End(Ending.Refused);
    }

    private static bool IsGone(Exception fault) =>
        fault is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException;
}
