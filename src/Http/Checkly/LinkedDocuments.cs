using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Checkly;

/// <summary>
/// What stands behind the links that answers hold and that the command line prints. The command line makes some of them itself, of the address
/// that it calls.
/// </summary>
public static class LinkedTestSessionEndpoint
{
    [WolverineGet("/accounts/{accountId}/test-sessions/{testSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: links"), EndpointSummary("Reads a test session by its link.")]
    public static Task<TestSession> Get(string accountId, string testSessionId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        caller.RequireAccount(accountId);
        return ReadTestSessionEndpoint.Get(testSessionId, caller, sessions, context);
    }
}

/// <inheritdoc cref="LinkedTestSessionEndpoint"/>
public static class LinkedTestResultEndpoint
{
    [WolverineGet("/accounts/{accountId}/test-sessions/{testSessionId}/results/{testSessionResultId}"), Authorize(Scopes.Read)]
    [Errors(400, 401, 403, 404, 429), Tags("Checkly: links"), EndpointSummary("Reads a result of a test session by its link.")]
    public static Task<TestSessionResultDetail> Get(
        string accountId, string testSessionId, string testSessionResultId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        caller.RequireAccount(accountId);
        return ReadTestSessionResultEndpoint.Get(testSessionId, testSessionResultId, caller, sessions, context);
    }
}

/// <inheritdoc cref="LinkedTestSessionEndpoint"/>
public static class LinkedCheckSessionEndpoint
{
    [WolverineGet("/accounts/{accountId}/checks/{checkId}/check-sessions/{checkSessionId}"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: links"), EndpointSummary("Reads a check session by its link.")]
    public static async Task<CheckSession> Get(
        string accountId, string checkId, string checkSessionId, Caller caller, ChecklySessions sessions, HttpContext context)
    {
        caller.RequireAccount(accountId);
        var session = await sessions.ReadAsync(caller, SessionKind.Check, checkSessionId, context.RequestAborted);
        return CheckIds.Of(session) == Inputs.Uuid(nameof(checkId), checkId)
            ? sessions.Show(session, ApiVersion.V2, context.Request)
            : throw ChecklySessions.Unknown(SessionKind.Check);
    }
}

/// <inheritdoc cref="LinkedTestSessionEndpoint"/>
public static class LinkedCheckResultEndpoint
{
    [WolverineGet("/accounts/{accountId}/checks/{checkId}/check-sessions/{checkSessionId}/results/{checkResultId}"), Authorize(Scopes.Read)]
    [Errors(400, 401, 403, 404, 429), Tags("Checkly: links"), EndpointSummary("Reads a result of a check by its link.")]
    public static async Task<CheckResult> Get(
        string accountId,
        string checkId,
        string checkSessionId,
        string checkResultId,
        Caller caller,
        ChecklySessions sessions,
        CheckResults results,
        HttpContext context)
    {
        await LinkedCheckSessionEndpoint.Get(accountId, checkId, checkSessionId, caller, sessions, context);
        return await ReadCheckResultEndpoint.Get(checkId, checkResultId, caller, results, context.RequestAborted);
    }
}
