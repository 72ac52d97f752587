using System.Net;
using System.Net.Sockets;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>
/// Connects to receivers, and to nothing else: an address is judged when it is connected to, after its name was resolved, so that a name
/// which resolves to something else the second time gains nothing. No proxy is used, since it would resolve the name itself; no redirect is
/// followed; nothing is decompressed, since the answer's size is bounded.
/// </summary>
public static class WebhookConnection
{
    private const int MaximumHeaderKilobytes = 16;

    public static HttpClient CreateClient(WebhookSettings settings) => new(CreateHandler(settings)) { Timeout = Timeout.InfiniteTimeSpan };

    private static SocketsHttpHandler CreateHandler(WebhookSettings settings) => new()
    {
        ConnectCallback = (context, cancellation) => ConnectAsync(context.DnsEndPoint, settings.AllowPrivateAddresses, cancellation),
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        MaxResponseHeadersLength = MaximumHeaderKilobytes,
        MaxResponseDrainSize = 0,
        ConnectTimeout = settings.Timeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint receiver, bool allowPrivate, CancellationToken cancellation)
    {
        var addresses = await Dns.GetHostAddressesAsync(receiver.Host, cancellation);
        var allowed = allowPrivate ? addresses : Array.FindAll(addresses, PublicAddress.Is);
        if (allowed.Length == 0)
        {
            throw new AddressRefusedException(receiver.Host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, receiver.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A receiver has no address that webhooks may go to.</summary>
public sealed class AddressRefusedException(string host)
    : IOException($"'{host}' is no public address; webhooks go to others only with Ledger:Webhooks:AllowPrivateAddresses.");
