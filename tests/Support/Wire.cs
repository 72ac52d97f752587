using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Ledger.Support;

/// <summary>A connection to the database that can be cut: what the client has sent still arrives, no answer comes back.</summary>
public sealed class Wire : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _ending = new();
    private readonly List<TcpClient> _clients = [];
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private volatile bool _deaf;
    private volatile bool _refusing;

    /// <summary>Lays a wire to the database that this connection string names.</summary>
    public Wire(string connectionString)
    {
        var direct = new NpgsqlConnectionStringBuilder(connectionString);
        (_host, _port) = (direct.Host!, direct.Port);
        _listener.Start();
        ConnectionString = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Host = "127.0.0.1",
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
            SslMode = SslMode.Disable,
        }.ConnectionString;
        Source = NpgsqlDataSource.Create(ConnectionString);
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>How to reach the database through this wire.</summary>
    public string ConnectionString { get; }

    /// <summary>The database at the other end.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>From now on no answer comes back: neither on the connections that exist, nor on new ones, which reach nobody.</summary>
    public void Deafen() => _deaf = true;

    /// <summary>From now on new connections are closed at once.</summary>
    public void Refuse() => _refusing = true;

    /// <summary>From now on everything works again, on new connections.</summary>
    public void Restore()
    {
        _refusing = false;
        Cut();
    }

    /// <summary>Closes the client's end of all connections; new ones work.</summary>
    public void Cut()
    {
        lock (_clients)
        {
            _deaf = false;
            // A connection that has ended by itself has no socket any more.
            _clients.ForEach(client => client.Client?.Close(0));
            _clients.Clear();
        }
    }

    /// <summary>Takes the wire away.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Stop();
        Cut();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Source.DisposeAsync();
        _ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            var client = await _listener.AcceptTcpClientAsync(_ending.Token);
            if (_refusing)
            {
                client.Dispose();
                continue;
            }

            lock (_clients)
            {
                _clients.Add(client);
            }

            // A server that waits for a client to log in would hold up whoever drops a database.
            if (!_deaf)
            {
                _ = Task.Run(() => ConnectAsync(client));
            }
        }
    }

    private async Task ConnectAsync(TcpClient client)
    {
        // The server's end stays open until the server has nothing more to say: it must not learn that nobody listens.
        var server = new TcpClient();
        await server.ConnectAsync(_host, _port);
        _ = Task.Run(() => PumpAsync(client, server, () => false));
        await PumpAsync(server, client, () => _deaf);
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
                read = await from.GetStream().ReadAsync(buffer, _ending.Token);
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
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _ending.Token);
                }
            }
            catch (Exception lost) when (lost is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
            {
                gone = true;
            }
        }
    }
}
