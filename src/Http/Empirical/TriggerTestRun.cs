using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Empirical;

/// <summary>Triggers a test run: one session of kind <c>run</c>, whose number is the run's id.</summary>
public static class TriggerTestRunEndpoint
{
    /// <summary>Describes the body as required, which is what it is; the parameter is nullable so that the answer to none can name the member.</summary>
    public static void Configure(HttpChain chain) => chain.Metadata.WithMetadata(new RequestBodyType(typeof(TestRunTrigger), true));

    [WolverinePut("/api/test-runs"), Authorize(Scopes.Command), Errors(400, 401, 403, 429), Tags("Empirical"), ProjectHeader]
    [EndpointSummary("Triggers a test run.")]
    public static async Task<EmpiricalData<TriggeredTestRun>> Put(
        [FromBody] TestRunTrigger? trigger,
        Caller caller,
        PlainRunSessions runs,
        LedgerSettings settings,
        HttpContext context,
        CancellationToken cancellation)
    {
        var project = EmpiricalProject.Of(caller, context.Request);
        if (trigger is null)
        {
            throw RequestRejected.BadRequest("A JSON body with an 'environment' is required.");
        }

        trigger.Validate();
        project.RejectOther(trigger.ProjectId);
        var environment = trigger.Environment!;
        var concurrency = ConcurrencyRule.Of(settings, project);
        var published = await Body.ReadAsync(context.Request);
        var request = new PlainRunRequest($"Test run on {environment}", project.Name, CheckTypes.Playwright)
        {
            Traits = [$"environment:{environment}"],
            Environment = EnvironmentOverride.ByName(trigger.EnvironmentVariablesOverrides ?? []),
            Published = JsonSerializer.Deserialize<JsonElement>(published.Span),
            Metadata = trigger.Facts(),
            ConcurrencyGroup = concurrency.GroupOf(environment, trigger.AnyBranch),
            OnConflict = concurrency.OnConflict,
        };
        var run = await runs.TriggerAsync(caller, request, cancellation);
        context.SetPosition(run.LastPosition);
        return new(TriggeredTestRun.Of(run));
    }
}

/// <summary>The answer to a trigger.</summary>
public sealed record TriggeredTestRun(TriggerOutcome Trigger, NewTestRun TestRun)
{
    public static TriggeredTestRun Of(SessionSnapshot run) => new(
        new TriggerOutcome(true),
        new NewTestRun(
            run.FirstPosition,
            TestRunStates.Of(run.Session),
            new TestRunFacts(run.Session.Metadata).Branch,
            run.Session.TriggeredAt));
}

/// <summary>Whether the trigger was accepted; refused ones are errors.</summary>
public sealed record TriggerOutcome(bool Success);

/// <summary>A test run that has just been triggered.</summary>
public sealed record NewTestRun(
    long Id,
    TestRunState State,
    string? TestRunBranch,
    DateTimeOffset CreatedAt);

/// <summary>The body of a trigger. Null is the same as absent for everything but <c>environment</c>.</summary>
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
    public IReadOnlyList<EnvironmentOverride>? EnvironmentVariablesOverrides { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Must be the project that the request is about.</summary>
    public long? ProjectId { get; init; }

    public bool? SendNotifications { get; init; }

    /// <summary>From 1 on.</summary>
    public int? TotalShards { get; init; }

    /// <summary>The id of the run that this one repeats.</summary>
    public long? RerunSourceId { get; init; }

    public bool? RerunOnlyFailed { get; init; }

    public string? GithubActor { get; init; }

    /// <summary>The test cases to run, as texts or integers; all when absent.</summary>
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

    private static readonly JsonSerializerOptions Compact = new(Json.Options)
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

    public string? CommitUrl { get; init; }

    public string? Version { get; init; }
}

/// <summary>An environment variable for this run.</summary>
public sealed record EnvironmentOverride
{
    /// <summary>Its name. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Its value. Required; may be empty.</summary>
    public string? Value { get; init; }

    /// <summary>The variables by name; of two with one name the later counts.</summary>
    /// <exception cref="RequestRejected">400 for a variable that no process can have.</exception>
    public static IReadOnlyDictionary<string, string?> ByName(IReadOnlyList<EnvironmentOverride?> overrides)
    {
        var values = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var variable in overrides)
        {
            values[NameOf(variable)] = variable!.Value
                ?? throw RequestRejected.BadRequest("'environment_variables_overrides' must have a 'value' that is a text, each.");
        }

        return values;
    }

    private static string NameOf(EnvironmentOverride? variable) =>
        variable?.Name is { Length: > 0 and <= Limits.Name } name && !name.Contains('=', StringComparison.Ordinal)
            ? name
            : throw RequestRejected.BadRequest(
                $"'environment_variables_overrides' must have a 'name' of 1 to {Limits.Name} characters without an equals sign, each.");
}

/// <summary>
/// Which test runs of a project stand in one concurrency group, and what a new one does to the earlier ones. Groups never
/// reach beyond a project (<see cref="Ledger.Sessions.Events.SessionTriggered.ConcurrencyGroup"/>).
/// </summary>
public sealed class ConcurrencyRule
{
    private readonly EmpiricalProjectConcurrency settings;

    private ConcurrencyRule(EmpiricalProjectConcurrency settings) => this.settings = settings;

    /// <summary>What a run of a group does to the earlier ones.</summary>
    public ConflictBehaviour OnConflict =>
        settings.Behaviour == EmpiricalProjectConcurrency.CancelPrevious ? ConflictBehaviour.CancelPrevious : ConflictBehaviour.Queue;

    /// <summary>The rule for a project: its own, or the general one.</summary>
    public static ConcurrencyRule Of(LedgerSettings settings, EmpiricalProject project)
    {
        var concurrency = settings.Empirical.Concurrency;
        return new ConcurrencyRule(
            concurrency.Projects.TryGetValue(project.ShownName, out var own) ? own : concurrency);
    }

    /// <summary>
    /// The group of a run; null when it stands in none. The environment, which has no colon, comes first: no two groups are one.
    /// </summary>
    public string? GroupOf(string environment, string? branch) => settings.Scope switch
    {
        EmpiricalProjectConcurrency.Project => "empirical:project",
        EmpiricalProjectConcurrency.Environment => $"empirical:environment:{environment}",
        EmpiricalProjectConcurrency.BranchEnvironment => $"empirical:branch_environment:{environment}:{branch}",
        _ => null,
    };
}
