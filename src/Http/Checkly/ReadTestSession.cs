using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Checkly;

/// <summary>Reads a test session as of now.</summary>
public static class ReadTestSessionEndpoint
{
    [WolverineGet("/v1/test-sessions/{testSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: test sessions")]
    [EndpointSummary("Reads a test session.")]
    public static async Task<TestSession> Get(string testSessionId, Caller caller, ChecklySessions sessions, HttpContext context) =>
        TestSession.Of(
            await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, context.RequestAborted),
            sessions.LinksFor(context.Request),
            sessions.Now);
}

/// <summary>Waits for the end of a test session.</summary>
public static class AwaitTestSessionEndpoint
{
    [WolverineGet("/v1/test-sessions/{testSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: test sessions"), EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<TestSession> Get(string testSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        TestSession.Of(
            await sessions.AwaitAsync(caller, SessionKind.Test, testSessionId, request), sessions.LinksFor(request), sessions.Now);
}

/// <summary>Reads one result of a test session.</summary>
public static class ReadTestSessionResultEndpoint
{
    [WolverineGet("/v1/test-sessions/{testSessionId}/results/{testSessionResultId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: test sessions"), EndpointSummary("Reads one result of a test session.")]
    public static async Task<TestSessionResultDetail> Get(
        string testSessionId, string testSessionResultId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        var (session, result) = await sessions.ReadResultAsync(
            caller, testSessionId, Inputs.Uuid(nameof(testSessionResultId), testSessionResultId), context.RequestAborted);
        return TestSessionResultDetail.Of(session, result, sessions.LinksFor(context.Request));
    }
}

/// <summary>Where the vendor's command line says that people look at a test session. It gets along without.</summary>
public static class TestSessionLinkEndpoint
{
    [WolverineGet("/next/test-sessions/{testSessionId}/link"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Where people look at a test session.")]
    public static async Task<TestSessionLink> Get(string testSessionId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        var session = await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, context.RequestAborted);
        return new TestSessionLink(sessions.LinksFor(context.Request).TestSession(session));
    }
}

/// <summary>The same for one result.</summary>
public static class TestResultLinksEndpoint
{
    [WolverineGet("/next/test-sessions/{testSessionId}/results/{testResultId}/links"), Authorize(Scopes.ReadOrCommand), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Where people look at a result of a test session.")]
    public static async Task<TestResultLinks> Get(
        string testSessionId, string testResultId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        var (session, result) = await sessions.ReadResultAsync(
            caller, testSessionId, Inputs.Uuid(nameof(testResultId), testResultId), context.RequestAborted);
        return new TestResultLinks(sessions.LinksFor(context.Request).TestResult(session, result.Id), [], [], []);
    }
}

/// <summary>A session of kind <c>test</c> as Checkly shows it.</summary>
public sealed record TestSession(
    Guid TestSessionId,
    string TestSessionLink,
    string Name,
    SessionStatus Status,
    IReadOnlyList<Guid> ErrorGroupIds,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    long TimeElapsed,
    JsonObject Metadata,
    IReadOnlyList<TestSessionResult> Results)
{
    /// <summary>The session with one result for each run, settled or not, and one for each failed try.</summary>
    public static TestSession Of(Session session, ChecklyLinks links, DateTimeOffset now) => new(
        session.Id,
        links.TestSession(session),
        session.Name,
        session.Status,
        [],
        session.TriggeredAt,
        session.SettledAt,
        Durations.Between(session.TriggeredAt, session.SettledAt ?? now),
        TestSessionMetadata.Of(session.Metadata).ToJson(),
        [.. ResultsOf(session).Select(result => TestSessionResult.Of(session, result, links))]);

    private static IEnumerable<RunResult> ResultsOf(Session session) =>
        session.Runs.SelectMany(run => RunResult.AttemptsOf(run).Append(RunResult.Of(session.Kind, run)));
}

/// <summary>Finds results of test sessions.</summary>
public static class TestResults
{
    /// <summary>A result of a test session, with its session.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 404 when the caller sees no such result.</exception>
    public static async Task<(Session Session, RunResult Result)> ReadResultAsync(
        this ChecklySessions sessions, Caller caller, string testSessionId, Guid resultId, CancellationToken cancellation)
    {
        var session = await sessions.ReadAsync(caller, SessionKind.Test, testSessionId, cancellation);
        var result = session.FindRun(ResultIds.Derived(resultId)) is { } run
            ? RunResult.Of(session.Kind, run)
            : session.Runs.SelectMany(RunResult.AttemptsOf).FirstOrDefault(attempt => attempt.Id == resultId);
        return result is null ? throw RequestRejected.NotFound("Not Found") : (session, result);
    }
}

/// <summary>A concise result of a test session. It has no <c>isCancelled</c>; its status tells.</summary>
public record TestSessionResult(
    Guid TestSessionResultId,
    string TestSessionResultLink,
    Guid? CheckId,
    string CheckType,
    string Name,
    string RunLocation,
    IReadOnlyList<Guid> ErrorGroupIds,
    ResultScope ResultType,
    SessionStatus Status,
    bool HasErrors,
    bool HasFailures,
    bool IsDegraded,
    bool Aborted,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt)
{
    public static TestSessionResult Of(Session session, RunResult result, ChecklyLinks links) => new(
        result.Id,
        links.TestResult(session, result.Id),
        result.Run.Plan.CheckId,
        result.Run.Plan.CheckType,
        result.Run.Plan.Name,
        result.Run.Plan.Location,
        [],
        result.Scope,
        result.Status,
        result.HasErrors,
        result.HasFailures,
        result.IsDegraded,
        result.Aborted,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt);
}

/// <summary>
/// A single result of a test session: the concise one and more, with what the runner reported as details under the check's
/// own type (<see cref="ResultDetails"/>).
/// </summary>
public sealed record TestSessionResultDetail : TestSessionResult
{
    private TestSessionResultDetail(TestSessionResult concise)
        : base(concise)
    {
    }

    /// <summary>The same as the result's id.</summary>
    public Guid Id => TestSessionResultId;

    public bool IsCancelled { get; private init; }

    public bool OverMaxResponseTime { get; private init; }

    public int Attempts { get; private init; }

    public Guid SequenceId { get; private init; }

    public string? TraceId => null;

    /// <summary>Why it was never executed; null when it was.</summary>
    public string? ScheduleError { get; private init; }

    public string? FilePath => null;

    public Guid? PrivateLocationId => null;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt { get; private init; }

    [JsonPropertyName("updated_at")]
    public DateTimeOffset? UpdatedAt { get; private init; }

    public JsonElement? ApiCheckResult { get; private init; }

    public JsonElement? BrowserCheckResult { get; private init; }

    public JsonElement? MultiStepCheckResult { get; private init; }

    public JsonElement? PlaywrightCheckResult { get; private init; }

    public JsonElement? AgenticCheckResult { get; private init; }

    public static new TestSessionResultDetail Of(Session session, RunResult result, ChecklyLinks links)
    {
        var details = new ResultDetails(result);
        return new TestSessionResultDetail(TestSessionResult.Of(session, result, links))
        {
            IsCancelled = result.IsCancelled,
            OverMaxResponseTime = result.OverMaxResponseTime,
            Attempts = result.Attempts,
            SequenceId = result.Run.SequenceId,
            CreatedAt = result.ReportedAt ?? session.TriggeredAt,
            UpdatedAt = result.ReportedAt ?? result.Run.SettledAt,
            ScheduleError = details.ScheduleError,
            ApiCheckResult = details.Api,
            BrowserCheckResult = details.Browser,
            MultiStepCheckResult = details.MultiStep,
            PlaywrightCheckResult = details.Playwright,
            AgenticCheckResult = details.Agentic,
        };
    }
}

/// <summary>The link of a test session.</summary>
public sealed record TestSessionLink(string Link);

/// <summary>The links of a result; the ledger keeps no recordings.</summary>
public sealed record TestResultLinks(
    string TestResultLink,
    IReadOnlyList<string> TestTraceLinks,
    IReadOnlyList<string> VideoLinks,
    IReadOnlyList<string> ScreenshotLinks);
