namespace Ledger.Http.Checkly;

/// <summary>Reads a check session, or waits for its end: version 1 in fractions of seconds, version 2 in whole ones.</summary>
public static class ReadCheckSessionEndpoints
{
    [WolverineGet("/v1/check-sessions/{checkSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Reads a check session with the results that there are. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    public static async Task<CheckSession> ReadV1(string checkSessionId, Caller caller, ChecklySessions sessions, HttpContext context) =>
        sessions.Show(await sessions.ReadAsync(caller, SessionKind.Check, checkSessionId, context.RequestAborted), ApiVersion.V1, context.Request);

    [WolverineGet("/v2/check-sessions/{checkSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Reads a check session with the results that there are. Version 2.")]
    public static async Task<CheckSession> ReadV2(string checkSessionId, Caller caller, ChecklySessions sessions, HttpContext context) =>
        sessions.Show(await sessions.ReadAsync(caller, SessionKind.Check, checkSessionId, context.RequestAborted), ApiVersion.V2, context.Request);

    [WolverineGet("/v1/check-sessions/{checkSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: check sessions")]
    [EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<CheckSession> AwaitV1(string checkSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        sessions.Show(await sessions.AwaitAsync(caller, SessionKind.Check, checkSessionId, request), ApiVersion.V1, request);

    [WolverineGet("/v2/check-sessions/{checkSessionId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 408, 429)]
    [Tags("Checkly: check sessions")]
    [EndpointSummary("Answers when the session is final, or with 408 after maxWaitSeconds. Version 2.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<CheckSession> AwaitV2(string checkSessionId, Caller caller, ChecklySessions sessions, HttpRequest request) =>
        sessions.Show(await sessions.AwaitAsync(caller, SessionKind.Check, checkSessionId, request, wholeSeconds: true), ApiVersion.V2, request);

    /// <summary>A session with its results. One that version 1 has no word for the type of is unknown to it.</summary>
    private static CheckSession Show(this ChecklySessions sessions, Session session, ApiVersion version, HttpRequest request) =>
        version is ApiVersion.V1 && session.Runs.Any(run => run.Plan.CheckType == "HEARTBEAT")
            ? throw ChecklySessions.Unknown(SessionKind.Check)
            : new CheckSession(session, version, sessions.LinksFor(request), sessions.Now) { Results = ResultsOf(session, sessions.LinksFor(request)) };

    /// <summary>One final result for each run that is settled, and one for each failed try.</summary>
    private static IReadOnlyList<CheckSessionResult> ResultsOf(Session session, ChecklyLinks links) =>
    [
        .. RunResult.AllOf(session)
            .Where(result => result.Scope is not ResultScope.Pending)
            .Select(result => new CheckSessionResult(session, result, links)),
    ];
}

/// <summary>The version of the check-session endpoints.</summary>
public enum ApiVersion
{
    /// <summary>Deprecated, and still what clients call. Has no word for cancelled sessions, and shows them as timed out, always.</summary>
    V1,

    /// <summary>The present one.</summary>
    V2,
}

/// <summary>A session of kind <c>check</c> as Checkly shows it.</summary>
public sealed class CheckSession(Session session, ApiVersion version, ChecklyLinks links, DateTimeOffset now)
{
    public Guid CheckSessionId => session.Id;
    public string CheckSessionLink => links.CheckSession(session);
    public Guid CheckId => CheckIds.Of(session);
    public string CheckType => session.Runs[0].Plan.CheckType;
    public string Name => session.Name;
    public SessionStatus Status => version is ApiVersion.V1 && session.Status is SessionStatus.Cancelled ? SessionStatus.TimedOut : session.Status;
    public DateTimeOffset StartedAt => session.TriggeredAt;
    public DateTimeOffset? StoppedAt => session.SettledAt;
    public long TimeElapsed => Durations.Between(session.TriggeredAt, session.SettledAt ?? now);
    public IReadOnlyList<string> RunLocations => [.. session.Runs.Select(run => run.Plan.Location).Distinct()];
    public SessionSource RunSource => session.Source;

    /// <summary>What there is so far; absent in the answer to a trigger.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckSessionResult>? Results { get; init; }
}

/// <summary>A concise result of a check session.</summary>
public sealed class CheckSessionResult(Session session, RunResult result, ChecklyLinks links)
{
    public Guid CheckResultId => result.Id;
    public string CheckResultLink => links.CheckResult(session, result.Id);
    public Guid CheckId => CheckIds.Of(result.Run);
    public string CheckType => result.Run.Plan.CheckType;
    public string Name => result.Run.Plan.Name;
    public string RunLocation => result.Run.Plan.Location;
    public ResultScope ResultType => result.Scope;
    public bool HasErrors => result.HasErrors;
    public bool HasFailures => result.HasFailures;
    public bool IsDegraded => result.IsDegraded;
    public bool Aborted => result.Aborted;
    public bool IsCancelled => result.IsCancelled;
    public long? ResponseTime => result.ResponseTime;
    public DateTimeOffset? StartedAt => result.StartedAt;
    public DateTimeOffset? StoppedAt => result.StoppedAt;
}
