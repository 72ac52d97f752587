using System.Net;
using System.Net.Sockets;

namespace Ledger.Embedded;

/// <summary>Chooses a port on 127.0.0.1.</summary>
internal static class LoopbackPort
{
    // Below the range that systems hand out to outgoing connections, so that none of those takes the port of a server that
    // is being restarted.
    private const int First = 20_000;
    private const int End = 32_000;

    /// <summary>A port that nothing listens on at this moment.</summary>
    internal static int Free()
    {
        for (var attempt = 0; attempt < 200; attempt++)
        {
            var port = Random.Shared.Next(First, End);
            if (IsFree(port))
            {
                return port;
            }
        }

        throw new EmbeddedPostgresException($"No free port was found on 127.0.0.1 between {First} and {End}: end a program that holds them.");
    }

    /// <summary>Whether a server could listen on <paramref name="port"/> now.</summary>
    internal static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
