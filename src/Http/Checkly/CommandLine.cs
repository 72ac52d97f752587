using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Checkly;

/// <summary>Where everything is to run: a region, or a private location.</summary>
public sealed record RunLocation
{
    /// <summary>Which of the two. Required.</summary>
    public RunLocationType? Type { get; init; }

    /// <summary>The region; for a public location.</summary>
    public string? Region { get; init; }

    /// <summary>What the private location is called.</summary>
    public string? SlugName { get; init; }

    /// <summary>The location as runs name it.</summary>
    /// <exception cref="RequestRejected">400 for one that names none.</exception>
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

/// <summary>Lists the variables of the account, of which there are none: <c>checkly env ls</c> and <c>pull</c> say so.</summary>
public static class ListVariablesEndpoint
{
    [WolverineGet("/v1/variables"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: command line")]
    [EndpointSummary("Lists the environment variables of the account: none. Those of checks stand in the checks.")]
    public static IReadOnlyList<EnvironmentVariable> Get() => [];
}

/// <summary>The facts that are kept with a session that the command line scheduled.</summary>
public static class SuiteMetadata
{
    /// <summary>The suite whose results the command line waits for, in lower case: by this MQTT finds the session.</summary>
    public const string CheckRunSuiteId = "checkRunSuiteId";

    /// <summary>Kept when the command line asked for log lines.</summary>
    private const string StreamLogs = "streamLogs";

    /// <summary>The facts under the names that lists read, and the origin of the request.</summary>
    /// <exception cref="RequestRejected">400 for facts about a repository that are not of their form.</exception>
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
            facts[StreamLogs] = true;
        }

        return ChecklyRequests.MetadataOf(http, facts);
    }
}
