using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Ledger.Tests.Store;

/// <summary>A connection to the database that can be cut: what the client has sent still arrives, no answer comes back.</summary>
internal sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly List<TcpClient> clients = [];
    private readonly string host;
    private readonly int port;
    private readonly Task accepting;
    private volatile bool deaf;
    private volatile bool refusing;

    public Wire(string connectionString)
    {
        var direct = new NpgsqlConnectionStringBuilder(connectionString);
        (host, port) = (direct.Host!, direct.Port);
        listener.Start();
        Source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
        });
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>The database at the other end.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>From now on no answer comes back on the connections that exist.</summary>
    public void Deafen() => deaf = true;

    /// <summary>From now on new connections are closed at once.</summary>
    public void Refuse() => refusing = true;

    /// <summary>Closes the client's end of all connections; new ones work.</summary>
    public void Cut()
    {
        lock (clients)
        {
            deaf = false;
            clients.ForEach(client => client.Client.Close(0));
            clients.Clear();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Stop();
        Cut();
        await accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Source.DisposeAsync();
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await listener.AcceptTcpClientAsync(ending.Token);
            if (refusing)
            {
                client.Dispose();
                continue;
            }

            lock (clients)
            {
                clients.Add(client);
            }

            _ = Task.Run(() => ConnectAsync(client));
        }
    }

    private async Task ConnectAsync(TcpClient client)
    {
        // The server's end stays open until the server has nothing more to say: it must not learn that nobody listens.
        var server = new TcpClient();
        await server.ConnectAsync(host, port);
        _ = Task.Run(() => PumpAsync(client, server, () => false));
        await PumpAsync(server, client, () => deaf);
        server.Dispose();
        client.Dispose();
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, Func<bool> swallow)
    {
        var buffer = new byte[64 * 1024];
        var gone = false;
        while (true)
        {
            int read;
            try
            {
                read = await from.GetStream().ReadAsync(buffer, ending.Token);
            }
            catch (Exception lost) when (lost is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            if (read == 0)
            {
                return;
            }

            gone |= swallow();
            try
            {
                if (!gone)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), ending.Token);
                }
            }
            catch (Exception lost) when (lost is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                gone = true;
            }
        }
    }
}
