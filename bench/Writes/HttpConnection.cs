using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ledger.Bench.Writes;

/// <summary>
/// One connection that is kept open, with one request at a time. Client and host share the processor, so this one does no more than to find
/// the end of an answer: a whole client would cost about as much as the host.
/// </summary>
internal sealed class HttpConnection : IDisposable
{
    private readonly Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[16 * 1024];

    private HttpConnection()
    {
    }

    public static async Task<HttpConnection> OpenAsync(Uri address)
    {
        var connection = new HttpConnection();
        await connection.socket.ConnectAsync(IPAddress.Loopback, address.Port);
        return connection;
    }

    /// <summary>The bytes of a request.</summary>
    public static byte[] Post(string path, string key, string? json = null) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n"
        + (json is null ? "" : "Content-Type: application/json\r\n")
        + string.Create(CultureInfo.InvariantCulture, $"Content-Length: {json?.Length ?? 0}\r\n\r\n{json}"));

    /// <summary>The bytes of a request.</summary>
    public static byte[] Get(string path, string key) =>
        Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {key}\r\n\r\n");

    /// <summary>Sends a request and reads its answer to the end.</summary>
    /// <returns>The head of the answer.</returns>
    /// <exception cref="InvalidOperationException">The answer is not a success.</exception>
    public async Task<string> SendAsync(ReadOnlyMemory<byte> request)
    {
        await socket.SendAsync(request);
        var (read, head, length) = (0, -1, 0);
        while (head < 0 || (length < 0 ? !buffer.AsSpan(head, read - head).EndsWith("0\r\n\r\n"u8) : read < head + length))
        {
            var more = await socket.ReceiveAsync(buffer.AsMemory(read));
            if (more == 0)
            {
                throw new InvalidOperationException("The host has closed the connection.");
            }

            read += more;
            if (head < 0 && buffer.AsSpan(0, read).IndexOf("\r\n\r\n"u8) is >= 0 and var end)
            {
                head = end + 4;
                length = LengthOf(Encoding.ASCII.GetString(buffer, 0, head));
            }
        }

        return buffer[9] == '2'
            ? Encoding.ASCII.GetString(buffer, 0, head)
            : throw new InvalidOperationException(Encoding.UTF8.GetString(buffer, 0, read));
    }

    /// <summary>The value of a header; null when it is not there.</summary>
    public static string? Header(string head, string name)
    {
        var at = head.IndexOf($"\r\n{name}: ", StringComparison.OrdinalIgnoreCase);
        var from = at + name.Length + 4;
        return at < 0 ? null : head[from..head.IndexOf('\r', from)];
    }

    public void Dispose() => socket.Dispose();

    /// <summary>How long the body is; less than 0 for one that says so at its end.</summary>
    private static int LengthOf(string head) => Header(head, "Content-Length") is { } length
        ? int.Parse(length, CultureInfo.InvariantCulture)
        : Header(head, "Transfer-Encoding") is null ? 0 : -1;
}
