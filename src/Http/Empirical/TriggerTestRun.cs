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
        var concurrency = settings.Empirical.Concurrency.Of(project.ShownName);
        var published = await Body.ReadAsync(context.Request);
        var request = new PlainRunRequest($"Test run on {environment}", project.Name, CheckTypes.Playwright)
        {
            Traits = [$"environment:{environment}"],
            Environment = EnvironmentOverride.ByName(trigger.EnvironmentVariablesOverrides ?? []),
            Published = JsonSerializer.Deserialize<JsonElement>(published.Span),
            Metadata = trigger.Facts(),
            ConcurrencyGroup = concurrency.GroupOf(environment, trigger.AnyBranch),
            OnConflict = concurrency.CancelsPrevious ? ConflictBehaviour.CancelPrevious : ConflictBehaviour.Queue,
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
            run.Session.Metadata.Text(Empirical.TestRun.BranchMember),
            run.Session.TriggeredAt));
}

/// <summary>Whether the trigger was accepted; refused ones are errors.</summary>
public sealed record TriggerOutcome(bool Success);

/// <summary>A test run that has just been triggered.</summary>
public sealed record NewTestRun(long Id, TestRunState State, string? TestRunBranch, DateTimeOffset CreatedAt);

/// <summary>The body of a trigger. Null is the same as absent for everything but <c>environment</c>.</summary>
/// <param name="Environment">The slug of the environment. Required.</param>
/// <param name="Build">The build that is tested; not together with <paramref name="Branch"/>.</param>
/// <param name="Metadata">Whatever the caller wants to find again: texts and numbers.</param>
/// <param name="EnvironmentVariablesOverrides">Environment variables for this run.</param>
/// <param name="ProjectId">Must be the project that the request is about.</param>
/// <param name="TotalShards">From 1 on.</param>
/// <param name="RerunSourceId">The id of the run that this one repeats.</param>
/// <param name="TestCaseIds">The test cases to run, as texts or integers; all when absent.</param>
public sealed record TestRunTrigger(
    string? Environment = null,
    TestedBuild? Build = null,
    string? Branch = null,
    IReadOnlyDictionary<string, JsonElement>? Metadata = null,
    IReadOnlyList<EnvironmentOverride>? EnvironmentVariablesOverrides = null,
    IReadOnlyList<string>? Tags = null,
    long? ProjectId = null,
    bool? SendNotifications = null,
    int? TotalShards = null,
    long? RerunSourceId = null,
    bool? RerunOnlyFailed = null,
    string? GithubActor = null,
    IReadOnlyList<JsonElement>? TestCaseIds = null)
{
    private const int LongestEnvironment = 255;
    private const int LongestBranch = 512;

    private static readonly JsonSerializerOptions Compact = new(Json.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>The branch that lists find the run by.</summary>
    [JsonIgnore]
    public string? AnyBranch => Branch ?? Build?.Branch;

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
            facts[TestRun.BranchMember] = branch;
        }

        if (Build?.Commit is { } commit)
        {
            facts[TestRun.CommitMember] = commit;
        }

        return facts;
    }

    private static bool IsTextOrNumber(JsonElement value) => value.ValueKind is JsonValueKind.String or JsonValueKind.Number;
}

/// <summary>A build under test.</summary>
public sealed record TestedBuild(
    string? Url = null, string? Branch = null, string? Commit = null, string? CommitUrl = null, string? Version = null);

/// <summary>An environment variable for this run. Both are required; the value may be empty.</summary>
public sealed record EnvironmentOverride(string? Name = null, string? Value = null)
{
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
