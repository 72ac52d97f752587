using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Checkly;

/// <summary>An API or URL check: one HTTP request that the runner makes itself.</summary>
public sealed record ApiJob : JobWork
{
    /// <summary>Required.</summary>
    public ApiRequest? Request { get; init; }

    /// <summary>Whether a status from 400 on is what is expected.</summary>
    public bool ShouldFail { get; init; }

    /// <summary>A script of the check's own.</summary>
    public string? LocalSetupScript { get; init; }

    /// <summary>A script of the check's own.</summary>
    public string? LocalTearDownScript { get; init; }

    private bool HasScripts => LocalSetupScript is { Length: > 0 } || LocalTearDownScript is { Length: > 0 };

    /// <summary>
    /// Reads a job. One with scripts around its request is not what it looks like without them, so it is not executed at all.
    /// </summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static JobWork Read(CheckRunJob common, JsonElement raw, string where)
    {
        var job = Parse<ApiJob>(raw, where);
        var request = job.Request ?? throw RequestRejected.BadRequest($"'{where}.request' is required.");
        request.Validate($"{where}.request");
        if (job.HasScripts || common.Group is { LocalSetupScript.Length: > 0 } or { LocalTearDownScript.Length: > 0 })
        {
            return new UnknownJob(raw, "The supplied runner executes no set-up and tear-down scripts of API checks.");
        }

        if (common.Group?.ApiCheckDefaults is { } group)
        {
            ApiRequest.RejectNull($"{where}.group.apiCheckDefaults", group.Headers, group.QueryParameters);
            request = request.Within(group);
            request.Validate($"{where}.group.apiCheckDefaults");
        }

        return job with { Request = request with { ShouldFail = job.ShouldFail } };
    }

    public override void WriteTo(JsonObject spec, Bundle? bundle) =>
        spec["apiRequest"] = JsonSerializer.SerializeToNode(Request, Json.Options);
}

/// <summary>
/// The request of an API or URL check and what its answer must be like, as it comes in a job, and as it stands in a run's spec with
/// nothing left out.
/// </summary>
public sealed record ApiRequest
{
    private const int LongestUrl = 16 * 1024;
    private const int LongestMethod = 32;

    public string Method { get; init; } = "GET";

    /// <summary>May hold variables in double braces. Required.</summary>
    public string? Url { get; init; }

    public IReadOnlyList<KeyAndValue> Headers { get; init; } = [];

    public IReadOnlyList<KeyAndValue> QueryParameters { get; init; } = [];

    public string? Body { get; init; }

    /// <summary>JSON, FORM, RAW, GRAPHQL or NONE.</summary>
    public string? BodyType { get; init; }

    public bool FollowRedirects { get; init; } = true;

    [JsonPropertyName("skipSSL")]
    public bool SkipSsl { get; init; }

    public BasicAuth? BasicAuth { get; init; }

    public IReadOnlyList<ApiAssertion> Assertions { get; init; } = [];

    /// <summary>IPv4 or IPv6; absent for either.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? IpFamily { get; init; }

    /// <summary>Whether a status from 400 on is what is expected. A job has it beside its request.</summary>
    public bool ShouldFail { get; init; }

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

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400.</exception>
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

        RejectNull(where, Headers, QueryParameters);
        if (Assertions.Any(assertion => assertion is not { Source.Length: > 0, Comparison.Length: > 0 }))
        {
            throw RequestRejected.BadRequest($"'{where}.assertions' must hold objects with 'source' and 'comparison'.");
        }
    }

    /// <summary>JSON's null is no item, whatever the type says.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static void RejectNull(string where, params ReadOnlySpan<IReadOnlyList<KeyAndValue?>> lists)
    {
        foreach (var list in lists)
        {
            if (list.Contains(null))
            {
                throw RequestRejected.BadRequest($"'headers' and 'queryParameters' of '{where}' must hold objects.");
            }
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
/// <param name="Comparison">Such as EQUALS.</param>
/// <param name="Property">Which header, or which path in the body.</param>
/// <param name="Target">To compare with, always as a text.</param>
/// <param name="Regex">What of the value to compare; null for all of it.</param>
public sealed record ApiAssertion(string Source, string Comparison, string? Property = null, string? Target = null, string? Regex = null);

/// <summary>What a group says for the requests of all of its API checks.</summary>
public sealed record ApiDefaults
{
    /// <summary>Known to requests as the variable <c>GROUP_BASE_URL</c>.</summary>
    public string? Url { get; init; }

    public IReadOnlyList<KeyAndValue> Headers { get; init; } = [];

    public IReadOnlyList<KeyAndValue> QueryParameters { get; init; } = [];

    public BasicAuth? BasicAuth { get; init; }

    public IReadOnlyList<ApiAssertion> Assertions { get; init; } = [];
}
