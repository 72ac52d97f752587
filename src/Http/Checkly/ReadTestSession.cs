namespace Ledger.Http.Checkly;

/// <summary>Reads a test session, waits for its end, or reads one of its results.</summary>
public static class ReadTestSessionEndpoints
{
    [WolverineGet("/v1/test-sessions/{testSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: test sessions")]
    [EndpointSummary("Reads a test session.")]
    public static async Task<TestSession> Read(string testSessionId, Caller caller, ChecklySessions sessions, HttpContext context) => new(
        await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, context.RequestAborted), sessions.LinksFor(context.Request), sessions.Now);

    [WolverineGet("/v1/test-sessions/{testSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: test sessions"), EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<TestSession> Await(string testSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        new(await sessions.AwaitAsync(caller, SessionKind.Test, testSessionId, request), sessions.LinksFor(request), sessions.Now);

    [WolverineGet("/v1/test-sessions/{testSessionId}/results/{testSessionResultId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: test sessions"), EndpointSummary("Reads one result of a test session.")]
    public static async Task<TestSessionResultDetail> ReadResult(
        string testSessionId, string testSessionResultId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        var id = Inputs.Uuid(nameof(testSessionResultId), testSessionResultId);
        var (session, result) = await sessions.ReadResultAsync(caller, testSessionId, id, context.RequestAborted);
        return new TestSessionResultDetail(session, result, sessions.LinksFor(context.Request));
    }

    [WolverineGet("/next/test-sessions/{testSessionId}/link"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Where people look at a test session.")]
    public static async Task<TestSessionLink> Link(string testSessionId, Caller caller, ChecklySessions sessions, HttpContext context) => new(
        sessions.LinksFor(context.Request).TestSession(
            await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, context.RequestAborted)));

    [WolverineGet("/next/test-sessions/{testSessionId}/results/{testResultId}/links"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Where people look at a result of a test session.")]
    public static async Task<TestResultLinks> ResultLinks(
        string testSessionId, string testResultId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        var id = Inputs.Uuid(nameof(testResultId), testResultId);
        var (session, result) = await sessions.ReadResultAsync(caller, testSessionId, id, context.RequestAborted);
        return new TestResultLinks(sessions.LinksFor(context.Request).TestResult(session, result.Id), [], [], []);
    }

    private static async Task<(Session Session, RunResult Result)> ReadResultAsync(
        this ChecklySessions sessions, Caller caller, string testSessionId, Guid resultId, CancellationToken cancellation)
    {
        var session = await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, cancellation);
        var result = session.FindRun(ResultIds.Derived(resultId)) is { } run
            ? RunResult.Of(session.Kind, run)
            : session.Runs.SelectMany(RunResult.AttemptsOf).FirstOrDefault(attempt => attempt.Id == resultId);
        return result is null ? throw RequestRejected.NotFound("Not Found") : (session, result);
    }
}

/// <summary>A session of kind <c>test</c> as Checkly shows it, with one result for each run, settled or not, and one for each failed try.</summary>
public sealed class TestSession(Session session, ChecklyLinks links, DateTimeOffset now)
{
    public Guid TestSessionId => session.Id;
    public string TestSessionLink => links.TestSession(session);
    public string Name => session.Name;
    public SessionStatus Status => session.Status;
    public IReadOnlyList<Guid> ErrorGroupIds => [];
    public DateTimeOffset StartedAt => session.TriggeredAt;
    public DateTimeOffset? StoppedAt => session.SettledAt;
    public long TimeElapsed => Durations.Between(session.TriggeredAt, session.SettledAt ?? now);
    public JsonObject Metadata => TestSessionMetadata.Of(session.Metadata).ToJson();
    public IReadOnlyList<TestSessionResult> Results =>
        [.. RunResult.AllOf(session).Select(result => new TestSessionResult(session, result, links))];
}

/// <summary>A concise result of a test session. It has no <c>isCancelled</c>; its status tells.</summary>
public class TestSessionResult(Session session, RunResult result, ChecklyLinks links)
{
    public Guid TestSessionResultId => Result.Id;
    public string TestSessionResultLink => links.TestResult(Session, Result.Id);
    public Guid? CheckId => Result.Run.Plan.CheckId;
    public string CheckType => Result.Run.Plan.CheckType;
    public string Name => Result.Run.Plan.Name;
    public string RunLocation => Result.Run.Plan.Location;
    public IReadOnlyList<Guid> ErrorGroupIds => [];
    public ResultScope ResultType => Result.Scope;
    public SessionStatus Status => Result.Status;
    public bool HasErrors => Result.HasErrors;
    public bool HasFailures => Result.HasFailures;
    public bool IsDegraded => Result.IsDegraded;
    public bool Aborted => Result.Aborted;
    public long? ResponseTime => Result.ResponseTime;
    public DateTimeOffset? StartedAt => Result.StartedAt;
    public DateTimeOffset? StoppedAt => Result.StoppedAt;

    protected Session Session { get; } = session;

    protected RunResult Result { get; } = result;
}

/// <summary>
/// A single result of a test session: the concise one and more, with what the runner reported as details under the check's
/// own type (<see cref="ResultDetails"/>).
/// </summary>
public sealed class TestSessionResultDetail : TestSessionResult
{
    private readonly ResultDetails details;

    public TestSessionResultDetail(Session session, RunResult result, ChecklyLinks links)
        : base(session, result, links) => details = new ResultDetails(result);

    public Guid Id => Result.Id;
    public bool IsCancelled => Result.IsCancelled;
    public bool OverMaxResponseTime => Result.OverMaxResponseTime;
    public int Attempts => Result.Attempts;
    public Guid SequenceId => Result.Run.SequenceId;
    public string? TraceId => null;

    /// <summary>Why it was never executed; null when it was.</summary>
    public string? ScheduleError => details.ScheduleError;
    public string? FilePath => null;
    public Guid? PrivateLocationId => null;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt => Result.ReportedAt ?? Session.TriggeredAt;

    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt => Result.ReportedAt ?? Result.Run.SettledAt;
    public JsonElement? ApiCheckResult => details.Api;
    public JsonElement? BrowserCheckResult => details.Browser;
    public JsonElement? MultiStepCheckResult => details.MultiStep;
    public JsonElement? PlaywrightCheckResult => details.Playwright;
    public JsonElement? AgenticCheckResult => details.Agentic;
}

/// <summary>The link of a test session.</summary>
public sealed record TestSessionLink(string Link);

/// <summary>The links of a result; the ledger keeps no recordings.</summary>
public sealed record TestResultLinks(
    string TestResultLink,
    IReadOnlyList<string> TestTraceLinks,
    IReadOnlyList<string> VideoLinks,
    IReadOnlyList<string> ScreenshotLinks);
