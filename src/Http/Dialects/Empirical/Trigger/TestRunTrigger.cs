using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Empirical.Trigger;

/// <summary>
/// The body of a trigger (wire.md 6.2). Null is the same as absent for everything but <c>environment</c>.
/// </summary>
// The members' names stand here for the OpenAPI document, which knows no dialect's naming policy.
public sealed record TestRunTrigger
{
    /// <summary>The slug of the environment. Required.</summary>
    public string? Environment { get; init; }

    /// <summary>The build that is tested; not together with <see cref="Branch"/>.</summary>
    public TestedBuild? Build { get; init; }

    /// <summary>The branch that is tested.</summary>
    public string? Branch { get; init; }

    /// <summary>Whatever the caller wants to find again: texts and numbers.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }

    /// <summary>Environment variables for this run.</summary>
    [JsonPropertyName("environment_variables_overrides")]
    public IReadOnlyList<EnvironmentOverride>? EnvironmentVariablesOverrides { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Must be the project that the request is about.</summary>
    [JsonPropertyName("project_id")]
    public long? ProjectId { get; init; }

    [JsonPropertyName("send_notifications")]
    public bool? SendNotifications { get; init; }

    /// <summary>From 1 on.</summary>
    [JsonPropertyName("total_shards")]
    public int? TotalShards { get; init; }

    /// <summary>The id of the run that this one repeats.</summary>
    [JsonPropertyName("rerun_source_id")]
    public long? RerunSourceId { get; init; }

    [JsonPropertyName("rerun_only_failed")]
    public bool? RerunOnlyFailed { get; init; }

    [JsonPropertyName("github_actor")]
    public string? GithubActor { get; init; }

    /// <summary>The test cases to run, as texts or integers; all when absent.</summary>
    [JsonPropertyName("test_case_ids")]
    public IReadOnlyList<JsonElement>? TestCaseIds { get; init; }

    /// <summary>The branch that lists find the run by.</summary>
    [JsonIgnore]
    public string? AnyBranch => Branch ?? Build?.Branch;

    private const int LongestEnvironment = 255;
    private const int LongestBranch = 512;

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public void Validate()
    {
        var fault = this switch
        {
            { Environment: null or { Length: 0 or > LongestEnvironment } } =>
                $"'environment' must be a slug of 1 to {LongestEnvironment} characters.",
            _ when Environment.Any(c => c == ':' || char.IsWhiteSpace(c) || char.IsControl(c)) =>
                "'environment' must be a slug, without white space and colons.",
            { Branch: not null, Build: not null } => "'branch' and 'build' exclude each other.",
            { Branch.Length: 0 or > LongestBranch } => $"'branch' must have 1 to {LongestBranch} characters.",
            { Build.Branch.Length: > LongestBranch } => $"'build.branch' must have at most {LongestBranch} characters.",
            { TotalShards: < 1 or > Limits.Runs } => $"'total_shards' must be from 1 to {Limits.Runs}.",
            { RerunSourceId: < 1 } => "'rerun_source_id' must be the id of a test run.",
            _ when Metadata?.Values.All(IsTextOrNumber) is false => "'metadata' must hold texts and numbers alone.",
            _ when Tags?.All(tag => tag is not null) is false => "'tags' must be texts.",
            _ when TestCaseIds?.All(IsTextOrNumber) is false => "'test_case_ids' must be texts or integers.",
            _ => null,
        };
        if (fault is not null)
        {
            throw RequestRejected.BadRequest(fault);
        }

        Inputs.OptionalName("github_actor", GithubActor);
    }

    /// <summary>
    /// What is kept with the session: everything that was published but the variables, whose values may be secrets, and the project, which
    /// is the session's own; branch and commit once more under the names that all dialects find them by.
    /// </summary>
    public JsonObject Facts()
    {
        var published = this with { EnvironmentVariablesOverrides = null, ProjectId = null };
        var facts = (JsonObject)JsonSerializer.SerializeToNode(published, Compact)!;
        if (AnyBranch is { } branch)
        {
            facts[TestRunFacts.BranchName] = branch;
        }

        if (Build?.Commit is { } commit)
        {
            facts[TestRunFacts.CommitId] = commit;
        }

        return facts;
    }

    private static readonly JsonSerializerOptions Compact = new(EmpiricalJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private static bool IsTextOrNumber(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number;
}

/// <summary>A build under test.</summary>
public sealed record TestedBuild
{
    public string? Url { get; init; }

    public string? Branch { get; init; }

    public string? Commit { get; init; }

    [JsonPropertyName("commit_url")]
    public string? CommitUrl { get; init; }

    public string? Version { get; init; }
}
