using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Checkly;

/// <summary>
/// What is known of the code under test. Kept with the session under the same names, so that lists can filter by it; what is
/// not there is left out.
/// </summary>
public sealed record TestSessionMetadata
{
    public string? Environment { get; init; }

    public string? RepoUrl { get; init; }

    public string? CommitId { get; init; }

    public string? CommitOwner { get; init; }

    public string? CommitMessage { get; init; }

    public string? BranchName { get; init; }

    /// <summary>Where on GitHub it comes from; with <c>reporting: true</c> the session counts as GitHub's.</summary>
    public JsonElement? Github { get; init; }

    /// <summary>Whether results are reported back to GitHub.</summary>
    [JsonIgnore]
    public bool ReportsToGithub => Github is { } github && github.GetProperty(GithubReporting).GetBoolean();

    private const string GithubReporting = "reporting";

    /// <summary>What of a session's metadata this dialect knows; it may have been triggered in another one.</summary>
    public static TestSessionMetadata Of(JsonElement? metadata) => new()
    {
        Environment = metadata.Text("environment") is { Length: > 0 } environment ? environment : null,
        RepoUrl = metadata.Text("repoUrl"),
        CommitId = metadata.Text("commitId"),
        CommitOwner = metadata.Text("commitOwner"),
        CommitMessage = metadata.Text("commitMessage"),
        BranchName = metadata.Text("branchName"),
        Github = metadata.Member("github") is { } github && IsGithub(github) ? github : null,
    };

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <param name="where">The member of the body that these are in, for the message.</param>
    /// <exception cref="RequestRejected">400.</exception>
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
        foreach (var (name, value) in members.ToList())
        {
            if (value is null)
            {
                members.Remove(name);
            }
        }

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
