using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json.Serialization.Metadata;

namespace Ledger.Runner;

/// <summary>What a call came to, as far as the caller has to decide what to do next.</summary>
internal enum Outcome
{
    /// <summary>2xx.</summary>
    Accepted,

    /// <summary>Final: asking again would change nothing.</summary>
    Refused,

    /// <summary>No answer, 408, 429 or 5xx: ask again later.</summary>
    Unavailable,
}

/// <summary>The ledger's answer to one call.</summary>
/// <param name="Outcome">What it came to.</param>
/// <param name="Status">The HTTP status; 0 when there was no answer.</param>
/// <param name="Value">The body of an accepted call, if it had one.</param>
/// <param name="Problem">Why it was not accepted, in one line.</param>
/// <param name="RetryAfter">How long the ledger asked to wait.</param>
internal readonly record struct Answer<T>(Outcome Outcome, int Status, T? Value = null, string? Problem = null, TimeSpan? RetryAfter = null)
    where T : class
{
    /// <summary>The ledger no longer lets this runner act on the run: revoked, leased to another, or unknown.</summary>
    public bool IsDisowned => Status is 401 or 403 or 404 or 410;
}

/// <summary>
/// The runner's side of docs/http.md#runners: one method per call, one attempt per method. Nothing here repeats or decides.
/// </summary>
internal sealed class LedgerClient : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private readonly HttpClient http;
    private readonly string runnerId;
    private readonly TimeProvider time;

    public LedgerClient(RunnerOptions options, TimeProvider time)
    {
        runnerId = options.Id;
        this.time = time;
        // No redirects: the key must not travel to an address that nobody configured.
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        };
        http = new HttpClient(handler)
        {
            BaseAddress = options.Url.AbsoluteUri.EndsWith('/') ? options.Url : new Uri(options.Url.AbsoluteUri + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 16 * 1024 * 1024,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", options.Key) },
        };
    }

    public void Dispose() => http.Dispose();

    /// <summary>Takes queued runs; returns empty when nothing came within the wait.</summary>
    public Task<Answer<ClaimAnswer>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) => CallAsync(
        Post($"ledger/runners/{Uri.EscapeDataString(runnerId)}/claims", request),
        LedgerJson.Default.ClaimAnswer,
        TimeSpan.FromSeconds(request.WaitSeconds) + CallTimeout,
        cancellationToken);

    /// <summary>Tells the ledger something about a run; what is repeated changes nothing.</summary>
    /// <param name="what">The last part of the path: <c>start</c>, <c>heartbeat</c>, <c>cancel-acknowledgement</c>, <c>abort</c> or <c>results</c>.</param>
    public Task<Answer<RunAnswer>> TellAsync(ClaimedRun run, string what, object? body, CancellationToken cancellationToken) =>
        CallAsync(About(run, $"runs/{run.SequenceId}/{what}", body), LedgerJson.Default.RunAnswer, CallTimeout, cancellationToken);

    /// <summary>Asks for the cancel of one held run, because this runner shuts down.</summary>
    public Task<Answer<CancelAccepted>> CancelOwnAsync(ClaimedRun run, string reason, CancellationToken cancellationToken) => CallAsync(
        About(run, "cancel", new ShutdownCancel([run.SequenceId], "shutdown", reason)),
        LedgerJson.Default.CancelAccepted,
        CallTimeout,
        cancellationToken);

    /// <summary>Opens the stream of signals; the caller disposes the response.</summary>
    /// <exception cref="HttpRequestException">The ledger was not reached.</exception>
    public async Task<HttpResponseMessage> OpenSignalsAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"ledger/runners/{Uri.EscapeDataString(runnerId)}/signals");
        request.Headers.Accept.ParseAdd("text/event-stream");
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Fetches a bundle into a file, without ever holding all of it. The answer is the SHA-256 of what came, in lower-case hexadecimal digits.</summary>
    /// <exception cref="UnusableSpecException">The file cannot be written: asking again would not help.</exception>
    public Task<Answer<string>> FetchBundleAsync(Bundle bundle, string file, CancellationToken cancellationToken) => AttemptAsync(
        async (deadline, token) =>
        {
            const string problem = "the bundle cannot be stored";
            using var response = await http.GetAsync(
                $"ledger/bundles/{Uri.EscapeDataString(bundle.Key)}", HttpCompletionOption.ResponseHeadersRead, token);
            if (!response.IsSuccessStatusCode)
            {
                return await FailureAsync<string>(response, token);
            }

            await using var target = Files.Needed(problem, () => File.Create(file, bufferSize: 0));
            await using var body = await response.Content.ReadAsStreamAsync(token);
            using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[64 * 1024];
            for (var total = 0L; ;)
            {
                // The whole may take long on a slow line, only silence may not.
                deadline.CancelAfter(CallTimeout);
                var read = await body.ReadAsync(buffer, token);
                if (read == 0)
                {
                    return new(Outcome.Accepted, (int)response.StatusCode, Convert.ToHexStringLower(sha256.GetHashAndReset()));
                }

                total += read;
                if (total > bundle.SizeBytes)
                {
                    return new(Outcome.Refused, (int)response.StatusCode, Problem: $"it has more than {bundle.SizeBytes} bytes");
                }

                sha256.AppendData(buffer, 0, read);
                Files.Needed(problem, () =>
                {
                    target.Write(buffer, 0, read);
                    return read;
                });
            }
        },
        CallTimeout,
        cancellationToken);

    // Bytes, not a stream: a body of unknown length would go out in chunks, which not every proxy forwards.
    private static HttpRequestMessage Post(string path, object? body) => new(HttpMethod.Post, path)
    {
        Content = body is null ? null : new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, body.GetType(), LedgerJson.Default))
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
        },
    };

    private HttpRequestMessage About(ClaimedRun run, string path, object? body)
    {
        var request = Post($"ledger/sessions/{run.SessionId}/{path}", body);
        request.Headers.Add("Ledger-Runner", runnerId);
        if (run.Traceparent is not null)
        {
            request.Headers.TryAddWithoutValidation("traceparent", run.Traceparent);
        }

        return request;
    }

    private async Task<Answer<T>> CallAsync<T>(
        HttpRequestMessage request, JsonTypeInfo<T> type, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        using var ownedRequest = request;
        return await AttemptAsync(
            async (_, token) =>
            {
                using var response = await http.SendAsync(request, token);
                if (!response.IsSuccessStatusCode)
                {
                    return await FailureAsync<T>(response, token);
                }

                var body = await response.Content.ReadAsByteArrayAsync(token);
                return new(Outcome.Accepted, (int)response.StatusCode, body.Length == 0 ? null : JsonSerializer.Deserialize(body, type));
            },
            timeout,
            cancellationToken);
    }

    private async Task<Answer<T>> AttemptAsync<T>(
        Func<CancellationTokenSource, CancellationToken, Task<Answer<T>>> attempt, TimeSpan timeout, CancellationToken cancellationToken)
        where T : class
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await attempt(deadline, either.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or JsonException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return new(
                Outcome.Unavailable, 0, Problem: e is OperationCanceledException ? $"no answer within {timeout.TotalSeconds:0} s" : e.Message);
        }
    }

    private async Task<Answer<T>> FailureAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
        where T : class
    {
        var text = LogLine.Of(Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken)));
        var wait = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - time.GetUtcNow());
        var status = (int)response.StatusCode;
        return new(
            status >= 500 || response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests
                ? Outcome.Unavailable
                : Outcome.Refused,
            status,
            Problem: $"{status} {text}".TrimEnd(),
            RetryAfter: wait > TimeSpan.Zero ? wait : null);
    }

    // Keep-alive probes find a ledger that vanished without a word; the signal stream would otherwise wait for it for hours.
    private static ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        return OpenAsync(socket, () => socket.ConnectAsync(context.DnsEndPoint, cancellationToken));
    }

    /// <summary>A stream over a socket, which is disposed if it cannot be connected.</summary>
    public static async ValueTask<Stream> OpenAsync(Socket socket, Func<ValueTask> connect)
    {
        try
        {
            socket.NoDelay = true;
            await connect();
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
