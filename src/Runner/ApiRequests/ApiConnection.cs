using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Runner.ApiRequests;

/// <summary>Makes one request, on a connection of its own.</summary>
internal static class ApiConnection
{
    private const int MaximumRedirects = 10;
    private const int MaximumBodyBytes = 10 << 20;

    // What the content says about itself is counted, not copied.
    private static readonly string[] NotSent = ["content-length", "transfer-encoding"];

    /// <summary>Sends a request and reads the whole answer.</summary>
    /// <exception cref="HttpRequestException">The network, or the answer is no HTTP.</exception>
    /// <exception cref="IOException">The network, in the middle of the answer.</exception>
    /// <exception cref="UnreadableBodyException">The body is too large, or is not compressed as it says.</exception>
    public static async Task<ApiResponse> SendAsync(ApiRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(Handler(request)) { Timeout = Timeout.InfiniteTimeSpan };
        using var message = MessageOf(request);
        var since = time.GetTimestamp();
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await ReadAsync(response.Content, cancellationToken);
        var took = time.GetElapsedTime(since);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .GroupBy(header => header.Key.ToLowerInvariant())
            .ToDictionary(group => group.Key, group => string.Join(", ", group.SelectMany(h => h.Value)), StringComparer.Ordinal);
        return new ApiResponse((int)response.StatusCode, response.ReasonPhrase, headers, body, took);
    }

    private static SocketsHttpHandler Handler(ApiRequest request)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = request.FollowRedirects,
            MaxAutomaticRedirections = MaximumRedirects,
            AutomaticDecompression = DecompressionMethods.All,
            UseCookies = false,
        };
        if (request.SkipCertificateCheck)
        {
            // The check itself says that any certificate will do (skipSSL).
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }

        if (request.Family is { } family)
        {
            handler.ConnectCallback = (context, token) => ConnectAsync(context, family, token);
        }

        return handler;
    }

    private static async ValueTask<Stream> ConnectAsync(
        SocketsHttpConnectionContext context, AddressFamily family, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, family, cancellationToken);
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static HttpRequestMessage MessageOf(ApiRequest request)
    {
        var message = new HttpRequestMessage(request.Method, request.Address);
        if (request.Body is { } body)
        {
            message.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        if (request.Credentials is { } credentials)
        {
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        foreach (var (name, value) in request.Headers.Where(h => !NotSent.Contains(h.Key.ToLowerInvariant())))
        {
            if (!message.Headers.TryAddWithoutValidation(name, value))
            {
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        if (request.DefaultContentType is { } type && message.Content is { Headers.ContentType: null } content)
        {
            content.Headers.ContentType = new MediaTypeHeaderValue(type);
        }

        if (message.Headers.UserAgent.Count == 0)
        {
            message.Headers.TryAddWithoutValidation("User-Agent", "Ledger-Runner");
        }

        return message;
    }

    private static async Task<string> ReadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[32 * 1024];
        int read;
        while ((read = await ReadAsync(body, buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > MaximumBodyBytes)
            {
                throw new UnreadableBodyException($"the body is larger than {MaximumBodyBytes} bytes");
            }

            bytes.Write(buffer, 0, read);
        }

        return EncodingOf(content).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }

    private static async ValueTask<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await body.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
        {
            // So say gzip and deflate, or Brotli.
            throw new UnreadableBodyException("the body is not compressed as its header says");
        }
    }

    private static Encoding EncodingOf(HttpContent content)
    {
        try
        {
            return content.Headers.ContentType?.CharSet?.Trim('"') is { Length: > 0 } name ? Encoding.GetEncoding(name) : Encoding.UTF8;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return Encoding.UTF8;
        }
    }
}
