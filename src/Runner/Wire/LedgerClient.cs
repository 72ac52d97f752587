using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Ledger.Runner.Wire;

/// <summary>
/// The runner's side of docs/http.md#runners: one method per call, one attempt per method. Nothing here repeats or decides.
/// </summary>
internal sealed class LedgerClient : IDisposable
{
    private const int MaximumProblemLength = 300;
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(15);
    private readonly HttpClient http;
    private readonly string runnerId;
    private readonly TimeProvider time;

    public LedgerClient(Uri url, string key, string runnerId, TimeProvider time)
    {
        this.runnerId = runnerId;
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
            BaseAddress = url.AbsoluteUri.EndsWith('/') ? url : new Uri(url.AbsoluteUri + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = 16 * 1024 * 1024,
        };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    public void Dispose() => http.Dispose();

    /// <summary>Takes queued runs; returns empty when nothing came within the wait.</summary>
    public Task<Answer<ClaimAnswer>> ClaimAsync(ClaimRequest request, CancellationToken cancellationToken) =>
        CallAsync(
            Post($"ledger/runners/{Uri.EscapeDataString(runnerId)}/claims", Json(request, LedgerJson.Default.ClaimRequest)),
            LedgerJson.Default.ClaimAnswer,
            TimeSpan.FromSeconds(request.WaitSeconds) + CallTimeout,
            cancellationToken);

    /// <summary>Says that execution begins now.</summary>
    public Task<Answer<RunAnswer>> StartAsync(ClaimedRun run, CancellationToken cancellationToken) =>
        CallAboutAsync(run, "start", content: null, cancellationToken);

    /// <summary>Renews the lease and learns about an open cancel.</summary>
    public Task<Answer<RunAnswer>> HeartbeatAsync(ClaimedRun run, CancellationToken cancellationToken) =>
        CallAboutAsync(run, "heartbeat", content: null, cancellationToken);

    /// <summary>Confirms that the run is being stopped.</summary>
    public Task<Answer<RunAnswer>> AcknowledgeAsync(ClaimedRun run, Acknowledgement body, CancellationToken cancellationToken) =>
        CallAboutAsync(run, "cancel-acknowledgement", Json(body, LedgerJson.Default.Acknowledgement), cancellationToken);

    /// <summary>Reports that execution is over because of a cancel.</summary>
    public Task<Answer<RunAnswer>> AbortAsync(ClaimedRun run, AbortReport body, CancellationToken cancellationToken) =>
        CallAboutAsync(run, "abort", Json(body, LedgerJson.Default.AbortReport), cancellationToken);

    /// <summary>Reports a result; repeating one with the same id changes nothing.</summary>
    public Task<Answer<RunAnswer>> ReportAsync(ClaimedRun run, ResultReport body, CancellationToken cancellationToken) =>
        CallAboutAsync(run, "results", Json(body, LedgerJson.Default.ResultReport), cancellationToken);

    /// <summary>Asks for the cancel of one held run, because this runner shuts down.</summary>
    public Task<Answer<CancelAccepted>> CancelOwnAsync(ClaimedRun run, string reason, CancellationToken cancellationToken)
    {
        var body = new ShutdownCancel([run.SequenceId], "shutdown", reason);
        var request = PostAbout(run, $"ledger/sessions/{run.SessionId}/cancel", Json(body, LedgerJson.Default.ShutdownCancel));
        return CallAsync(request, LedgerJson.Default.CancelAccepted, CallTimeout, cancellationToken);
    }

    /// <summary>Opens the stream of signals; the caller disposes the response.</summary>
    /// <exception cref="HttpRequestException">The ledger was not reached.</exception>
    public async Task<HttpResponseMessage> OpenSignalsAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"ledger/runners/{Uri.EscapeDataString(runnerId)}/signals");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>Fetches a bundle piece by piece.</summary>
    /// <param name="key">The bundle.</param>
    /// <param name="write">Takes each piece. Some may have come even if the answer is not accepted in the end.</param>
    /// <param name="sizeBytes">How many bytes there should be; more are refused.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<Answer<ReceivedBundle>> FetchBundleAsync(
        string key, Func<ReadOnlyMemory<byte>, ValueTask> write, long sizeBytes, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"ledger/bundles/{Uri.EscapeDataString(key)}");
        return await AttemptAsync<ReceivedBundle>(
            async (deadline, token) =>
            {
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, token);
                if (!response.IsSuccessStatusCode)
                {
                    return await FailureAsync<ReceivedBundle>(response, token);
                }

                await using var body = await response.Content.ReadAsStreamAsync(token);
                return await BundleReception.ReceiveAsync(body, write, sizeBytes, () => deadline.CancelAfter(CallTimeout), token) is { } received
                    ? new(Outcome.Accepted, (int)response.StatusCode, received, Problem: null, RetryAfter: null)
                    : new(Outcome.Refused, (int)response.StatusCode, Value: null, $"it has more than {sizeBytes} bytes", RetryAfter: null);
            },
            CallTimeout,
            cancellationToken);
    }

    private static HttpRequestMessage Post(string path, HttpContent? content) => new(HttpMethod.Post, path) { Content = content };

    // Bytes, not a stream: a body of unknown length would go out in chunks, which not every proxy forwards.
    private static ByteArrayContent Json<T>(T body, JsonTypeInfo<T> type) => new(JsonSerializer.SerializeToUtf8Bytes(body, type))
    {
        Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
    };

    private Task<Answer<RunAnswer>> CallAboutAsync(ClaimedRun run, string what, HttpContent? content, CancellationToken cancellationToken)
    {
        var request = PostAbout(run, $"ledger/sessions/{run.SessionId}/runs/{run.SequenceId}/{what}", content);
        return CallAsync(request, LedgerJson.Default.RunAnswer, CallTimeout, cancellationToken);
    }

    private HttpRequestMessage PostAbout(ClaimedRun run, string path, HttpContent? content)
    {
        var request = Post(path, content);
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
                var value = body.Length == 0 ? null : JsonSerializer.Deserialize(body, type);
                return new(Outcome.Accepted, (int)response.StatusCode, value, Problem: null, RetryAfter: null);
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
            var problem = e is OperationCanceledException ? $"no answer within {timeout.TotalSeconds:0} s" : e.Message;
            return new(Outcome.Unavailable, Status: 0, Value: null, problem, RetryAfter: null);
        }
    }

    private async Task<Answer<T>> FailureAsync<T>(HttpResponseMessage response, CancellationToken cancellationToken)
        where T : class
    {
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var outcome = IsTransient(response.StatusCode) ? Outcome.Unavailable : Outcome.Refused;
        return new(outcome, (int)response.StatusCode, Value: null, Explain(response.StatusCode, body), RetryAfter(response));
    }

    private static bool IsTransient(HttpStatusCode status) =>
        (int)status >= 500 || status is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests;

    private static string Explain(HttpStatusCode status, byte[] body)
    {
        var text = LogLine.Of(System.Text.Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, MaximumProblemLength))));
        return text.Length == 0 ? $"{(int)status}" : $"{(int)status} {text}";
    }

    private TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        var wait = response.Headers.RetryAfter?.Delta ?? (response.Headers.RetryAfter?.Date - time.GetUtcNow());
        return wait > TimeSpan.Zero ? wait : null;
    }

    // Keep-alive probes find a ledger that vanished without a word; the signal stream would otherwise wait for it for hours.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
