namespace Ledger.Http.Checkly;

/// <summary>Where everything is to run: a region, or a private location.</summary>
public sealed record RunLocation(RunLocationType? Type = null, string? Region = null, string? SlugName = null)
{
    /// <summary>The location as runs name it.</summary>
    public static string NameOf(RunLocation? location) => location switch
    {
        { Type: RunLocationType.Public } => Inputs.Name("runLocation.region", location.Region),
        { Type: RunLocationType.Private } => Inputs.Name("runLocation.slugName", location.SlugName),
        _ => throw RequestRejected.BadRequest("'runLocation.type' must be PUBLIC or PRIVATE."),
    };
}

/// <summary>The two kinds of location.</summary>
public enum RunLocationType
{
    [JsonStringEnumMemberName("PUBLIC")] Public,
    [JsonStringEnumMemberName("PRIVATE")] Private,
}

/// <summary>The facts that are kept with a session that the command line scheduled.</summary>
public static class SuiteMetadata
{
    /// <summary>The suite whose results the command line waits for, in lower case: by this MQTT finds the session.</summary>
    public const string CheckRunSuiteId = "checkRunSuiteId";

    /// <summary>The facts under the names that lists read, and the origin of the request.</summary>
    public static JsonElement? Of(
        HttpRequest http, TestSessionMetadata? repoInfo, string? environment, Guid? checkRunSuiteId, bool streamLogs = false)
    {
        var metadata = (repoInfo ?? new TestSessionMetadata()) with { Environment = environment is "" ? null : environment };
        metadata.Validate("repoInfo");
        var facts = metadata.ToJson();
        facts[TestSessionProvider.Member] = metadata.ReportsToGithub ? TestSessionProvider.Github : TestSessionProvider.Trigger;
        if (checkRunSuiteId is { } suite)
        {
            facts[CheckRunSuiteId] = suite.ToString();
        }

        if (streamLogs)
        {
            facts["streamLogs"] = true;
        }

        return ChecklyRequests.MetadataOf(http, facts);
    }
}

/// <summary>
/// What is known of the code under test. Kept with the session under the same names, so that lists can filter by it; what is
/// not there is left out.
/// </summary>
/// <param name="Github">Where on GitHub it comes from; with <c>reporting: true</c> the session counts as GitHub's.</param>
public sealed record TestSessionMetadata(
    string? Environment = null,
    string? RepoUrl = null,
    string? CommitId = null,
    string? CommitOwner = null,
    string? CommitMessage = null,
    string? BranchName = null,
    JsonElement? Github = null)
{
    private const string GithubReporting = "reporting";

    /// <summary>Whether results are reported back to GitHub.</summary>
    [JsonIgnore]
    public bool ReportsToGithub => Github.Member(GithubReporting) is { ValueKind: JsonValueKind.True };

    /// <summary>What of a session's metadata this dialect knows; it may have been triggered in another one.</summary>
    public static TestSessionMetadata Of(JsonElement? metadata) => new(
        metadata.Text("environment") is { Length: > 0 } environment ? environment : null,
        metadata.Text("repoUrl"),
        metadata.Text("commitId"),
        metadata.Text("commitOwner"),
        metadata.Text("commitMessage"),
        metadata.Text("branchName"),
        metadata.Member("github") is { } github && IsGithub(github) ? github : null);

    /// <summary>Checks what the JSON type cannot say.</summary>
    public void Validate(string where = "metadata")
    {
        if (Environment is { Length: 0 })
        {
            throw RequestRejected.BadRequest($"'{where}.environment' must not be empty.");
        }

        if (Github is { } github && !IsGithub(github))
        {
            throw RequestRejected.BadRequest($"'{where}.github' must be an object whose 'reporting' is a boolean and all else are texts.");
        }
    }

    /// <summary>As it is kept and shown.</summary>
    public JsonObject ToJson()
    {
        var members = (JsonObject)JsonSerializer.SerializeToNode(this, Json.Options)!;
        members.Where(member => member.Value is null).ToList().ForEach(absent => members.Remove(absent.Key));
        return members;
    }

    private static bool IsGithub(JsonElement github) =>
        github.ValueKind is JsonValueKind.Object
        && github.TryGetProperty(GithubReporting, out _)
        && github.EnumerateObject().All(member => member.NameEquals(GithubReporting)
            ? member.Value.ValueKind is JsonValueKind.True or JsonValueKind.False
            : member.Value.ValueKind is JsonValueKind.String or JsonValueKind.Null);
}

/// <summary>
/// Through what a test session was triggered. Kept in the session's metadata; a session without it came through an
/// interface.
/// </summary>
public static class TestSessionProvider
{
    /// <summary>Where it stands in a session's metadata.</summary>
    public const string Member = "provider";

    public const string Api = "API";
    public const string Github = "GITHUB";
    public const string Trigger = "TRIGGER";

    /// <summary>Every published provider.</summary>
    public static IReadOnlyList<string> Known { get; } = [Github, "VERCEL", Api, Trigger, "PW_REPORTER"];

    public static string Of(JsonElement? metadata) => metadata.Text(Member) ?? Api;
}
