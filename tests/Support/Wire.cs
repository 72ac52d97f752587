using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Ledger.Support;

/// <summary>A connection to the database that can be cut: what the client has sent still arrives, no answer comes back.</summary>
public sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly List<TcpClient> clients = [];
    private readonly string host;
    private readonly int port;
    private readonly Task accepting;
    private volatile bool deaf;
    private volatile bool refusing;

    /// <summary>Lays a wire to the database that this connection string names.</summary>
    public Wire(string connectionString)
    {
        var direct = new NpgsqlConnectionStringBuilder(connectionString);
        (host, port) = (direct.Host!, direct.Port);
        listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
        }.ConnectionString;
        Source = NpgsqlDataSource.Create(ConnectionString);
        accepting = Task.Run(AcceptAsync);
    }

    /// <summary>How to reach the database through this wire.</summary>
    public string ConnectionString { get; }

    /// <summary>The database at the other end.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>From now on no answer comes back: neither on the connections that exist, nor on new ones, which reach nobody.</summary>
    public void Deafen() => deaf = true;

    /// <summary>From now on new connections are closed at once.</summary>
    public void Refuse() => refusing = true;

    /// <summary>From now on everything works again, on new connections.</summary>
    public void Restore()
    {
        refusing = false;
        Cut();
    }

    /// <summary>Closes the client's end of all connections; new ones work.</summary>
    public void Cut()
    {
        lock (clients)
        {
            deaf = false;
            // A connection that has ended by itself has no socket any more.
            clients.ForEach(client => client.Client?.Close(0));
            clients.Clear();
        }
    }

    /// <summary>Takes the wire away.</summary>
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

            // A server that waits for a client to log in would hold up whoever drops a database.
            if (!deaf)
            {
                _ = Task.Run(() => ConnectAsync(client));
            }
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
            catch (Exception lost) when (
                lost is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
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
