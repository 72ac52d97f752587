namespace Ledger.Http.TesterArmy;

public static class ReadRunEndpoint
{
    [WolverineGet("/v1/runs/{id}"), Authorize(Scopes.Read), Errors(400, 401, 404, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Reads a run.")]
    public static async Task<TesterArmyRun> Get(string id, Caller caller, PlainRunSessions runs, CancellationToken cancellation) =>
        await runs.FindAsync(caller, Inputs.Uuid("run id", id), cancellation) is { } found
            ? TesterArmyRun.Of(SessionSummary.Of(found), found.Session.Runs[0])
            : throw RequestRejected.NotFound("Run not found.");
}

/// <summary>A run: a session of kind <c>run</c>, by its id, in whichever dialect it was triggered.</summary>
/// <param name="Input">The request that was published; empty for a run of another dialect.</param>
/// <param name="DeviceModel">Null for the platform's default, even where that was asked for.</param>
/// <param name="ProjectId">The project, if its name is a uuid; other dialects name projects as they like.</param>
/// <param name="Output">The verdict of a completed run.</param>
/// <param name="TestPlan">The ledger plans nothing.</param>
/// <param name="Error">Why a failed run has no verdict.</param>
/// <param name="WebhookStatus">The ledger calls no webhooks of runs.</param>
/// <param name="StepResults">The steps are in the output.</param>
/// <param name="UserName">Who triggered it, if a person's key was used.</param>
/// <param name="ExternalRef">The change that was tested, if it was named.</param>
/// <param name="AutoRetryCount">Failed tries before the result.</param>
public sealed record TesterArmyRun(
    Guid Id,
    RunType Type,
    TesterArmyRunStatus Status,
    JsonElement Input,
    DateTimeOffset CreatedAt,
    Platform? Platform,
    DeviceModel? DeviceModel,
    RunSource? Source,
    Guid? ProjectId,
    TestOutput? Output,
    JsonElement? TestPlan,
    RunError? Error,
    long? DurationMs,
    string? WebhookUrl,
    WebhookStatus? WebhookStatus,
    Guid? TestId,
    IReadOnlyList<JsonElement>? StepResults,
    string? UserName,
    JsonObject? ExternalRef,
    ExecutionMode? ExecutionMode,
    int? AutoRetryCount,
    DateTimeOffset? StartedAt,
    DateTimeOffset? CompletedAt)
{
    private static readonly JsonElement NoInput = JsonSerializer.SerializeToElement(new JsonObject());
    private static readonly string[] References = ["commitSha", "prNumber"];

    /// <summary>The run as a list shows it, or with all that its stream says.</summary>
    public static TesterArmyRun Of(SessionSummary session, Run? whole = null)
    {
        var run = session.Run!;
        var status = TesterArmyRunStatuses.StatusOf(run.State, run.Result is { HasErrors: true });
        var input = TriggerFacts.InputOf(session.Metadata);
        var source = SourceOf(session);
        return new TesterArmyRun(
            session.SessionId,
            source is RunSource.GithubAction or RunSource.GithubApp ? RunType.Ci : RunType.Test,
            status,
            input ?? NoInput,
            session.TriggeredAt,
            Words<Platform>.Find(input.Text("platform")),
            Words<DeviceModel>.Find(input.Text("deviceModel")) is TesterArmy.DeviceModel.Ipad ? TesterArmy.DeviceModel.Ipad : null,
            source,
            Guid.TryParseExact(session.Project, "D", out var project) ? project : null,
            status is TesterArmyRunStatus.Completed ? TestOutput.Of(session.Name, run, whole) : null,
            TestPlan: null,
            status is TesterArmyRunStatus.Failed ? RunError.Of(run, whole) : null,
            run.State.IsOpen() ? null : run.Result?.ResponseTime ?? (long?)(session.SettledAt - run.StartedAt)?.TotalMilliseconds,
            input.Text("webhookUrl") is { } url && Uri.TryCreate(url, UriKind.Absolute, out _) ? url : null,
            WebhookStatus: null,
            run.CheckId,
            StepResults: null,
            session.Actor.Kind is ActorKind.User ? session.Actor.Name : null,
            ExternalRefOf(input),
            Words<ExecutionMode>.Find(input.Text("mode")),
            run.Attempts,
            run.StartedAt,
            session.SettledAt);
    }

    private static RunSource? SourceOf(SessionSummary session) =>
        Words<RunSource>.Find(session.Metadata.Text(TriggerFacts.Source)) ?? session.Source switch
        {
            SessionSource.TriggerApi => RunSource.Api,
            SessionSource.Scheduler => RunSource.Scheduled,
            _ => null,
        };

    private static JsonObject? ExternalRefOf(JsonElement? input)
    {
        var known = References
            .Select(name => KeyValuePair.Create(name, input.Member(name)))
            .Where(member => member.Value is not null)
            .Select(member => KeyValuePair.Create(member.Key, JsonSerializer.SerializeToNode(member.Value)))
            .ToList();
        return known.Count == 0 ? null : new JsonObject(known);
    }
}

/// <summary>What a completed run came to.</summary>
/// <param name="Description">One sentence about it.</param>
/// <param name="Screenshots">The ledger keeps none.</param>
/// <param name="Steps">The tests of the run, as far as its runner reported them; those that never started are left out. None in lists.</param>
public sealed record TestOutput(
    string FeatureName, TestVerdict Result, string Description, IReadOnlyList<string> Screenshots, IReadOnlyList<TestOutputStep> Steps)
{
    public static TestOutput Of(string name, RunSummary run, Run? whole)
    {
        var tests = run.Result?.Tests ?? TestCounts.None;
        var verdict = run.State is RunState.Failed ? TestVerdict.Failed : TestVerdict.Pass;
        return new TestOutput(
            name,
            verdict,
            Describe(verdict, tests.Passed + tests.Flaky, tests.Total - tests.Skipped),
            [],
            whole is null ? [] : [.. TestCase.Of(whole).Where(test => test.Status is not TestCaseStatus.Skipped).Select(TestOutputStep.Of)]);
    }

    private static string Describe(TestVerdict verdict, int passed, int executed) => (verdict, executed) switch
    {
        (_, > 0) => $"{passed} of {executed} tests passed.",
        (TestVerdict.Pass, _) => "The run passed.",
        _ => "The run failed.",
    };
}

public enum TestVerdict
{
    [JsonStringEnumMemberName("PASS")] Pass,

    [JsonStringEnumMemberName("FAILED")] Failed,
}

/// <summary>One test of a run.</summary>
public sealed record TestOutputStep(int StepIndex, string Title, TestStepStatus Status, string? Error)
{
    public static TestOutputStep Of(TestCase test, int index) => new(
        index,
        test.Title,
        test.Status is TestCaseStatus.Passed or TestCaseStatus.Flaky ? TestStepStatus.Passed : TestStepStatus.Failed,
        test.Errors.Count > 0 ? test.Errors[^1] : null);
}

public enum TestStepStatus
{
    Passed,
    Failed,
}

/// <summary>Why a run failed to come to a verdict. The codes are the ledger's own.</summary>
public sealed record RunError(string Code, string Message)
{
    private const string Timeout = "TIMEOUT";
    private const string RunnerLost = "RUNNER_LOST";
    private const string ExecutionError = "EXECUTION_ERROR";

    public static RunError Of(RunSummary run, Run? whole)
    {
        var message = whole?.Final?.Details.Text("message") ?? run.Result?.Message;
        return run switch
        {
            { State: RunState.Lost } => new RunError(RunnerLost, "The runner that executed the run was lost."),
            { State: RunState.TimedOut } => new RunError(Timeout, "The run exceeded its time limit."),
            { Result.TimedOut: true } => new RunError(Timeout, message ?? "The run exceeded its time limit."),
            _ => new RunError(ExecutionError, message ?? "The run could not be executed."),
        };
    }
}
