using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Ledger.EndToEnd.Checkly;

/// <summary>A way to a server that can be cut: every connection over it then ends, and no new one comes through until it is mended.</summary>
internal sealed class BreakableLink : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<Socket> open = [];
    private readonly Uri target;
    private readonly Task accepting;
    private volatile bool isBroken;

    private BreakableLink(Uri target)
    {
        this.target = target;
        listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");
        accepting = AcceptAsync();
    }

    public Uri Address { get; }

    public static BreakableLink To(Uri target) => new(target);

    public void Break()
    {
        isBroken = true;
        CloseAll();
    }

    public void Mend() => isBroken = false;

    public async ValueTask DisposeAsync()
    {
        listener.Stop();
        CloseAll();
        await accepting;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync();
                if (isBroken)
                {
                    client.Dispose();
                    continue;
                }

                var server = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await server.ConnectAsync(target.Host, target.Port);
                open.Add(client);
                open.Add(server);
                _ = PumpAsync(client, server);
                _ = PumpAsync(server, client);
            }
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
            // The listener was stopped.
        }
    }

    private void CloseAll()
    {
        while (open.TryTake(out var socket))
        {
            socket.Dispose();
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
            {
                await to.SendAsync(buffer.AsMemory(0, count));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // One end is gone; what it did not read is of no use to anyone.
        }
    }
}
