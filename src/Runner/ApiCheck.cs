using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace Ledger.Runner;

/// <summary>A name with a value.</summary>
internal sealed record Pair(string? Key, string? Value);

/// <summary>Who asks.</summary>
internal sealed record BasicAuth(string? Username, string? Password);

/// <summary>
/// A request that this runner makes itself, and what is expected of the answer (<c>spec.apiRequest</c>). <c>{{NAME}}</c> and
/// <c>{{{NAME}}}</c> stand for the run's own variables; the environment of this runner is not looked at.
/// </summary>
internal sealed partial record ApiRequest
{
    private const string Path = "spec.apiRequest";
    private static readonly string[] Methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

    // What the content says about itself is counted, not copied.
    private static readonly string[] NotSent = ["content-length", "transfer-encoding"];

    /// <summary>The HTTP method.</summary>
    public string Method { get; init => field = value?.ToUpperInvariant() ?? "GET"; } = "GET";

    /// <summary>The address, without <see cref="QueryParameters"/>.</summary>
    public string? Url { get; init; }

    /// <summary>The address as the spec has it, with the names of variables in place of their values.</summary>
    [JsonIgnore]
    public string Template { get; init; } = string.Empty;

    /// <summary>What is added to the address.</summary>
    public IReadOnlyList<Pair> QueryParameters { get; init => field = value ?? []; } = [];

    /// <summary>The headers, in the order of the spec.</summary>
    public IReadOnlyList<Pair> Headers { get; init => field = value ?? []; } = [];

    /// <summary>The body; null for none.</summary>
    public string? Body { get; init; }

    /// <summary><c>JSON</c>, <c>FORM</c>, <c>RAW</c>, <c>GRAPHQL</c> or <c>NONE</c>.</summary>
    public string? BodyType { get; init; }

    /// <summary>Who asks; null for nobody.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>Whether the answer is that of the last address that redirects lead to; it is, unless it says otherwise.</summary>
    public bool? FollowRedirects { get; init; }

    /// <summary>Whether any certificate will do.</summary>
    [JsonPropertyName("skipSSL")]
    public bool? SkipCertificateCheck { get; init; }

    /// <summary>Whether an error status is what is expected.</summary>
    public bool? ShouldFail { get; init; }

    /// <summary>IPv4 or IPv6 alone; null for whichever there is.</summary>
    public string? IpFamily { get; init; }

    /// <summary>What else is expected.</summary>
    public IReadOnlyList<Assertion> Assertions { get; init => field = value ?? []; } = [];

    /// <summary>How each assertion is checked.</summary>
    [JsonIgnore]
    public IReadOnlyList<Func<ApiResponse, AssertionDetails>> Checks { get; init; } = [];

    private AddressFamily? Family => IpFamily switch
    {
        null => null,
        "IPv4" => AddressFamily.InterNetwork,
        "IPv6" => AddressFamily.InterNetworkV6,
        _ => throw Unknown("ipFamily", IpFamily),
    };

    /// <summary>The request with the values of variables in it.</summary>
    /// <exception cref="UnusableSpecException">It cannot be made; the message says why.</exception>
    public ApiRequest With(IReadOnlyDictionary<string, string?> variables)
    {
        string Fill(string text) => Variables.Replace(text, match => variables.GetValueOrDefault(match.Groups["name"].Value)
            ?? throw new UnusableSpecException(
                $"the request uses the variable {LogLine.Of(match.Groups["name"].Value)}, which the run does not set"));
        List<Pair> FillAll(IReadOnlyList<Pair> pairs, string name) =>
        [
            .. pairs.Select((pair, i) => pair is { Key.Length: > 0 }
                ? new Pair(Fill(pair.Key), Fill(pair.Value ?? string.Empty))
                : throw new UnusableSpecException($"{Path}.{name}[{i}].key is missing")),
        ];
        if (string.IsNullOrEmpty(Url))
        {
            throw new UnusableSpecException($"{Path}.url is missing");
        }

        if (QueryParameters.Count > 200 || Headers.Count > 200 || Assertions.Count > 100)
        {
            throw new UnusableSpecException($"{Path} has more than 200 headers or parameters, or more than 100 assertions");
        }

        var filled = this with
        {
            Template = Url,
            Url = Fill(Url),
            QueryParameters = FillAll(QueryParameters, "queryParameters"),
            Headers = FillAll(Headers, "headers"),
            Body = Body is { Length: > 0 } body ? Fill(body) : null,
            BasicAuth = BasicAuth is { } auth ? new(Fill(auth.Username ?? string.Empty), Fill(auth.Password ?? string.Empty)) : null,
            Checks = [.. Assertions.Select((a, i) => a?.Compile(Fill, $"{Path}.assertions[{i}]") ?? throw new UnusableSpecException($"{Path}.assertions[{i}] is missing"))],
        };
        using var tried = filled.Message();
        _ = filled.Family;
        return filled;
    }

    /// <summary>Sends it on a connection of its own and reads the whole answer.</summary>
    /// <exception cref="HttpRequestException">The network, or the answer is no HTTP.</exception>
    /// <exception cref="IOException">The network, in the middle of the answer.</exception>
    /// <exception cref="UnreadableBodyException">The body is too large, or is not compressed as it says.</exception>
    public async Task<ApiResponse> SendAsync(TimeProvider time, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = FollowRedirects ?? true,
            MaxAutomaticRedirections = 10,
            AutomaticDecompression = DecompressionMethods.All,
            UseCookies = false,
        };
        if (SkipCertificateCheck == true)
        {
            // The check itself says that any certificate will do (skipSSL).
            handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        }

        if (Family is { } family)
        {
            handler.ConnectCallback = (context, token) => ConnectAsync(context, family, token);
        }

        using var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        using var message = Message();
        var since = time.GetTimestamp();
        using var response = await http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var body = await ReadAsync(response.Content, cancellationToken);
        var took = time.GetElapsedTime(since);
        var headers = response.Headers.NonValidated.Concat(response.Content.Headers.NonValidated)
            .GroupBy(header => header.Key.ToLowerInvariant())
            .ToDictionary(group => group.Key, group => string.Join(", ", group.SelectMany(h => h.Value)), StringComparer.Ordinal);
        return new ApiResponse((int)response.StatusCode, response.ReasonPhrase, headers, body, took);
    }

    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, AddressFamily family, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, family, cancellationToken);
        var socket = new Socket(family, SocketType.Stream, ProtocolType.Tcp);
        return await LedgerClient.OpenAsync(socket, () => socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellationToken));
    }

    private static UnusableSpecException Unknown(string name, string? word) =>
        new($"{Path}.{name} is {LogLine.Of(word)}, which this runner does not know");

    private Uri Address()
    {
        if (!Uri.TryCreate(Url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            throw new UnusableSpecException($"{Path}.url is no http or https address");
        }

        var query = string.Join('&', QueryParameters.Select(p => $"{Uri.EscapeDataString(p.Key!)}={Uri.EscapeDataString(p.Value!)}"));
        var builder = new UriBuilder(address);
        builder.Query = builder.Query.Length > 1 ? $"{builder.Query}&{query}" : query;
        return query.Length == 0 ? address : builder.Uri;
    }

    private HttpRequestMessage Message()
    {
        if (!Methods.Contains(Method))
        {
            throw new UnusableSpecException($"{Path}.method must be one of {string.Join(", ", Methods)}");
        }

        var (body, type) = (BodyType ?? "NONE", Body) switch
        {
            ("NONE" or "", null) => (null, null),
            ("NONE" or "" or "RAW", _) => (Body, "text/plain"),
            ("JSON", _) => (Body, "application/json"),
            ("FORM", _) => (Body, "application/x-www-form-urlencoded"),
            ("GRAPHQL", _) => (JsonSerializer.Serialize(new { query = Body ?? string.Empty }), "application/json"),
            _ => throw Unknown("bodyType", BodyType),
        };
        var message = new HttpRequestMessage(new HttpMethod(Method), Address())
        {
            Content = body is null ? null : new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        if (BasicAuth is { } auth)
        {
            var credentials = Encoding.UTF8.GetBytes($"{auth.Username}:{auth.Password}");
            message.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(credentials));
        }

        foreach (var (name, value) in Headers.Where(h => !NotSent.Contains(h.Key!.ToLowerInvariant())))
        {
            if (!name!.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c)) || value.AsSpan().ContainsAny('\r', '\n'))
            {
                throw new UnusableSpecException($"{Path}.headers holds {LogLine.Of(name)}, which cannot be sent");
            }

            if (!message.Headers.TryAddWithoutValidation(name!, value))
            {
                message.Content ??= new ByteArrayContent([]);
                message.Content.Headers.TryAddWithoutValidation(name!, value);
            }
        }

        if (type is not null && message.Content is { Headers.ContentType: null } content)
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
        const int maximum = 10 << 20;
        await using var body = await content.ReadAsStreamAsync(cancellationToken);
        using var bytes = new MemoryStream();
        var buffer = new byte[32 * 1024];
        int read;
        do
        {
            try
            {
                read = await body.ReadAsync(buffer, cancellationToken);
            }
            catch (Exception e) when (e is InvalidDataException or InvalidOperationException)
            {
                // So say gzip and deflate, or Brotli.
                throw new UnreadableBodyException("the body is not compressed as its header says");
            }

            if (bytes.Length + read > maximum)
            {
                throw new UnreadableBodyException($"the body is larger than {maximum} bytes");
            }

            bytes.Write(buffer, 0, read);
        }
        while (read > 0);
        return EncodingOf(content).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
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

    // Bodies may be long and are not ours: no backtracking.
    [GeneratedRegex(
        @"\{\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}\}|\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_]*)\s*\}\}",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Variables { get; }
}

/// <summary>An answer.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="StatusText">Its reason phrase.</param>
/// <param name="Headers">By their names in lower case; several of one name with commas between.</param>
/// <param name="Body">The body as text.</param>
/// <param name="Time">From the beginning of the request to the end of the body.</param>
internal sealed record ApiResponse(int Status, string? StatusText, Dictionary<string, string> Headers, string Body, TimeSpan Time);

/// <summary>A body that cannot be looked into. The message says why.</summary>
internal sealed class UnreadableBodyException(string message) : Exception(message);

/// <summary>Makes a request and judges the answer.</summary>
internal static class ApiCheck
{
    private static readonly TimeSpan RequestLimit = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Makes the request. It fails without an answer, with a failed assertion, and with a status from 400 on, or below if the check says
    /// that it should fail.
    /// </summary>
    public static async Task<Exit> PerformAsync(ApiRequest request, RunLog output, TimeProvider time, CancellationToken cancellationToken)
    {
        output.Note($"{request.Method} {request.Template}");
        using var limit = new CancellationTokenSource(RequestLimit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return Judge(request, await request.SendAsync(time, either.Token), output, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Unanswered(request, $"no whole answer came within {RequestLimit.TotalSeconds} s", output, isNetworkError: true);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or UnreadableBodyException)
        {
            return Unanswered(request, LogLine.Of(e.Message), output, isNetworkError: e is not UnreadableBodyException);
        }
    }

    private static Exit Judge(ApiRequest request, ApiResponse response, RunLog output, CancellationToken cancellationToken)
    {
        output.Note($"answered {response.Status} after {response.Time.TotalMilliseconds:0} ms");
        var assertions = new List<AssertionDetails>();
        foreach (var check in request.Checks)
        {
            cancellationToken.ThrowIfCancellationRequested();
            assertions.Add(check(response));
        }

        var failures = assertions.Where(a => a.Error is not null).ToList();
        foreach (var failed in failures)
        {
            output.Note($"{failed.Source} {failed.Property} {failed.Comparison} {failed.Target}: {failed.Error}; found {failed.Actual}");
        }

        var isErrorStatus = response.Status >= 400;
        var message = failures.Count > 0 ? $"{failures.Count} of {assertions.Count} assertions failed"
            : isErrorStatus == (request.ShouldFail ?? false) ? null
            : isErrorStatus ? $"the answer has status {response.Status}"
            : $"the answer has status {response.Status}, and an error was expected";
        if (message is not null)
        {
            output.Write(response.Body[..Math.Min(response.Body.Length, 2000)]);
        }

        var details = new ApiResponseDetails(response.Status, response.StatusText, (long)response.Time.TotalMilliseconds);
        return new Exit
        {
            HasFailures = message is not null,
            Message = message,
            ResponseTime = response.Time,
            Api = new ApiDetails(new(request.Method, request.Template), details, RequestError: null, assertions),
        };
    }

    private static Exit Unanswered(ApiRequest request, string problem, RunLog output, bool isNetworkError)
    {
        output.Note(problem);
        return new Exit
        {
            HasFailures = true,
            IsNetworkError = isNetworkError,
            Message = $"the request failed: {problem}",
            Api = new ApiDetails(new(request.Method, request.Template), Response: null, problem, []),
        };
    }
}
