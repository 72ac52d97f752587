using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Checkly;

/// <summary>Reads a check session in version 1.</summary>
public static class ReadCheckSessionV1Endpoint
{
    [WolverineGet("/v1/check-sessions/{checkSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Reads a check session with the results that there are. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    public static async Task<CheckSession> Get(string checkSessionId, Caller caller, ChecklySessions sessions, HttpContext context) =>
        sessions.Show(await sessions.ReadAsync(caller, SessionKind.Check, checkSessionId, context.RequestAborted), ApiVersion.V1, context.Request);
}

/// <summary>Reads a check session in version 2.</summary>
public static class ReadCheckSessionV2Endpoint
{
    [WolverineGet("/v2/check-sessions/{checkSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Reads a check session with the results that there are. Version 2.")]
    public static async Task<CheckSession> Get(string checkSessionId, Caller caller, ChecklySessions sessions, HttpContext context) =>
        sessions.Show(await sessions.ReadAsync(caller, SessionKind.Check, checkSessionId, context.RequestAborted), ApiVersion.V2, context.Request);
}

/// <summary>Waits for the end of a check session in version 1, which takes fractions of seconds.</summary>
public static class AwaitCheckSessionV1Endpoint
{
    [WolverineGet("/v1/check-sessions/{checkSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: check sessions")]
    [EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<CheckSession> Get(string checkSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        sessions.Show(await sessions.AwaitAsync(caller, SessionKind.Check, checkSessionId, request), ApiVersion.V1, request);
}

/// <summary>Waits for the end of a check session in version 2, which takes whole seconds.</summary>
public static class AwaitCheckSessionV2Endpoint
{
    [WolverineGet("/v2/check-sessions/{checkSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: check sessions")]
    [EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds. Version 2.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<CheckSession> Get(string checkSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        sessions.Show(await sessions.AwaitAsync(caller, SessionKind.Check, checkSessionId, request, wholeSeconds: true), ApiVersion.V2, request);
}

/// <summary>The version of the check-session endpoints.</summary>
public enum ApiVersion
{
    /// <summary>Deprecated, and still what clients call. Has no word for cancelled sessions.</summary>
    V1,

    /// <summary>The present one.</summary>
    V2,
}

/// <summary>What the versions know.</summary>
public static class ApiVersions
{
    /// <summary>The one type of check that version 1 has no word for.</summary>
    private const string Heartbeat = "HEARTBEAT";

    /// <summary>A session with its results. One that version 1 cannot name the type of is unknown to it.</summary>
    /// <exception cref="RequestRejected">404 for such a session.</exception>
    public static CheckSession Show(this ChecklySessions sessions, Session session, ApiVersion version, HttpRequest request) =>
        version is ApiVersion.V1 && session.Runs.Any(run => run.Plan.CheckType == Heartbeat)
            ? throw ChecklySessions.Unknown(SessionKind.Check)
            : CheckSession.WithResults(session, version, sessions.LinksFor(request), sessions.Now);

    /// <summary>A session's status as this version writes it: 1 shows a cancelled one as timed out, always.</summary>
    public static SessionStatus Show(this ApiVersion version, SessionStatus status) =>
        version is ApiVersion.V1 && status is SessionStatus.Cancelled ? SessionStatus.TimedOut : status;
}

/// <summary>A session of kind <c>check</c> as Checkly shows it.</summary>
public sealed record CheckSession(
    Guid CheckSessionId,
    string CheckSessionLink,
    Guid CheckId,
    string CheckType,
    string Name,
    SessionStatus Status,
    DateTimeOffset StartedAt,
    DateTimeOffset? StoppedAt,
    long TimeElapsed,
    IReadOnlyList<string> RunLocations,
    SessionSource RunSource)
{
    /// <summary>What there is so far; absent in the answer to a trigger.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckSessionResult>? Results { get; private init; }

    /// <summary>The session without its results.</summary>
    public static CheckSession Of(Session session, ApiVersion version, ChecklyLinks links, DateTimeOffset now) => new(
        session.Id,
        links.CheckSession(session),
        CheckIds.Of(session),
        session.Runs[0].Plan.CheckType,
        session.Name,
        version.Show(session.Status),
        session.TriggeredAt,
        session.SettledAt,
        Durations.Between(session.TriggeredAt, session.SettledAt ?? now),
        [.. session.Runs.Select(run => run.Plan.Location).Distinct()],
        session.Source);

    /// <summary>The session with one final result for each run that is settled, and one for each failed try.</summary>
    public static CheckSession WithResults(Session session, ApiVersion version, ChecklyLinks links, DateTimeOffset now) =>
        Of(session, version, links, now) with
        {
            Results =
            [
                .. session.Runs
                    .SelectMany(run => RunResult.AttemptsOf(run).Append(RunResult.Of(session.Kind, run)))
                    .Where(result => result.Scope is not ResultScope.Pending)
                    .Select(result => CheckSessionResult.Of(session, result, links)),
            ],
        };
}

/// <summary>A concise result of a check session.</summary>
public sealed record CheckSessionResult(
    Guid CheckResultId,
    string CheckResultLink,
    Guid CheckId,
    string CheckType,
    string Name,
    string RunLocation,
    ResultScope ResultType,
    bool HasErrors,
    bool HasFailures,
    bool IsDegraded,
    bool Aborted,
    bool IsCancelled,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt)
{
    public static CheckSessionResult Of(Session session, RunResult result, ChecklyLinks links) => new(
        result.Id,
        links.CheckResult(session, result.Id),
        CheckIds.Of(result.Run),
        result.Run.Plan.CheckType,
        result.Run.Plan.Name,
        result.Run.Plan.Location,
        result.Scope,
        result.HasErrors,
        result.HasFailures,
        result.IsDegraded,
        result.Aborted,
        result.IsCancelled,
        result.ResponseTime,
        result.StartedAt,
        result.StoppedAt);
}
