namespace Ledger.Http.Checkly;

/// <summary>An API or URL check: one HTTP request that the runner makes itself.</summary>
internal sealed record ApiJob(
    ApiRequest? Request = null,
    bool ShouldFail = false,
    string? LocalSetupScript = null,
    string? LocalTearDownScript = null) : JobWork
{
    /// <summary>
    /// Reads a job. One with scripts around its request is not what it looks like without them, so it is not executed at all.
    /// </summary>
    public static JobWork Read(CheckRunJob common, JsonElement raw, string where)
    {
        var job = Parse<ApiJob>(raw, where);
        var request = job.Request ?? throw RequestRejected.BadRequest($"'{where}.request' is required.");
        request.Validate($"{where}.request");
        if (job is { LocalSetupScript.Length: > 0 } or { LocalTearDownScript.Length: > 0 }
            || common.Group is { LocalSetupScript.Length: > 0 } or { LocalTearDownScript.Length: > 0 })
        {
            return new UnknownJob(raw, "The supplied runner executes no set-up and tear-down scripts of API checks.");
        }

        if (common.Group?.ApiCheckDefaults is { } group)
        {
            request = request.Within(group);
            request.Validate($"{where}.group.apiCheckDefaults");
        }

        return job with { Request = request with { ShouldFail = job.ShouldFail } };
    }

    public override void WriteTo(JsonObject spec, IReadOnlyDictionary<Guid, Bundle> bundles) =>
        spec["apiRequest"] = JsonSerializer.SerializeToNode(Request, Json.Options);
}

/// <summary>What a group says for the requests of all of its API checks.</summary>
/// <param name="Url">Known to requests as the variable <c>GROUP_BASE_URL</c>.</param>
public record ApiDefaults(string? Url = null, BasicAuth? BasicAuth = null)
{
    public IReadOnlyList<KeyAndValue> Headers { get; init; } = [];

    public IReadOnlyList<KeyAndValue> QueryParameters { get; init; } = [];

    public IReadOnlyList<ApiAssertion> Assertions { get; init; } = [];
}

/// <summary>
/// The request of an API or URL check and what its answer must be like, as it comes in a job, and as it stands in a run's spec with
/// nothing left out.
/// </summary>
/// <param name="Url">May hold variables in double braces. Required.</param>
/// <param name="BodyType">JSON, FORM, RAW, GRAPHQL or NONE.</param>
/// <param name="ShouldFail">Whether a status from 400 on is what is expected. A job has it beside its request.</param>
internal sealed record ApiRequest(
    string? Url = null,
    BasicAuth? BasicAuth = null,
    string Method = "GET",
    string? Body = null,
    string? BodyType = null,
    bool FollowRedirects = true,
    [property: JsonPropertyName("skipSSL")] bool SkipSsl = false,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? IpFamily = null,
    bool ShouldFail = false) : ApiDefaults(Url, BasicAuth)
{
    private const int LongestUrl = 16 * 1024;
    private const int LongestMethod = 32;

    /// <summary>The request of a check in a group: what the check itself says comes first.</summary>
    public ApiRequest Within(ApiDefaults group) => this with
    {
        Headers = [.. group.Headers.Where(header => !Names(Headers, header, StringComparison.OrdinalIgnoreCase)), .. Headers],
        QueryParameters =
        [
            .. group.QueryParameters.Where(parameter => !Names(QueryParameters, parameter, StringComparison.Ordinal)),
            .. QueryParameters,
        ],
        BasicAuth = BasicAuth ?? (group.BasicAuth is { Username: { Length: > 0 } } ? group.BasicAuth : null),
        Assertions = [.. group.Assertions, .. Assertions],
    };
    public void Validate(string where)
    {
        if (Url is null or { Length: 0 or > LongestUrl })
        {
            throw RequestRejected.BadRequest($"'{where}.url' must have 1 to {LongestUrl} characters.");
        }

        if (Method.Length is 0 or > LongestMethod || !Method.All(char.IsAsciiLetter))
        {
            throw RequestRejected.BadRequest($"'{where}.method' must be a method of HTTP.");
        }

        if (Assertions.Any(assertion => assertion is not { Source.Length: > 0, Comparison.Length: > 0 }))
        {
            throw RequestRejected.BadRequest($"'{where}.assertions' must hold objects with 'source' and 'comparison'.");
        }
    }

    private static bool Names(IReadOnlyList<KeyAndValue> own, KeyAndValue other, StringComparison comparison) =>
        own.Any(item => string.Equals(item.Key, other.Key, comparison));
}

/// <summary>A header or a parameter of the query.</summary>
public sealed record KeyAndValue(string Key, string? Value);

/// <summary>User name and password.</summary>
public sealed record BasicAuth(string? Username, string? Password);

/// <summary>What must hold of the answer.</summary>
/// <param name="Source">STATUS_CODE, HEADERS, JSON_BODY, TEXT_BODY or RESPONSE_TIME.</param>
/// <param name="Target">To compare with, always as a text.</param>
/// <param name="Regex">What of the value to compare; null for all of it.</param>
public sealed record ApiAssertion(string Source, string Comparison, string? Property = null, string? Target = null, string? Regex = null);
