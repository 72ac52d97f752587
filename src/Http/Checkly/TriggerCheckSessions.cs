namespace Ledger.Http.Checkly;

/// <summary>
/// Triggers one session for each check that is meant, all of them or none. Version 1 starts everything when it is sent nothing; version 2
/// wants to be told, if only <c>{}</c>.
/// </summary>
public static class TriggerCheckSessionsEndpoints
{
    [WolverinePost("/v1/check-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Triggers a session for each check that is meant. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    public static Task<Created<TriggeredCheckSessions>> TriggerV1(
        [FromBody] CheckSessionTrigger? asked, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context) =>
        TriggerAsync(asked ?? new CheckSessionTrigger(), ApiVersion.V1, caller, documents, sessions, context);

    [WolverinePost("/v2/check-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Triggers a session for each check that is meant. Version 2.")]
    public static Task<Created<TriggeredCheckSessions>> TriggerV2(
        [FromBody] CheckSessionTrigger asked, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context) =>
        TriggerAsync(asked, ApiVersion.V2, caller, documents, sessions, context);

    private static async Task<Created<TriggeredCheckSessions>> TriggerAsync(
        CheckSessionTrigger asked, ApiVersion version, Caller caller, IQuerySession documents, ChecklySessions sessions, HttpContext context)
    {
        var checks = await asked.Target.RequireAsync(documents, context.RequestAborted);
        var runs = checks.Sum(check => (long)check.Locations.Count);
        if (runs > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'target' means {runs} runs; at most {Limits.Runs} are started at once.");
        }

        var (now, metadata, budget) = (sessions.Now, ChecklyRequests.MetadataOf(context.Request), new SpecBudget());
        var made = await sessions.TriggerAsync(context, caller, [.. checks.Select(CommandFor)]);
        var links = sessions.LinksFor(context.Request);
        return TypedResults.Created(
            (string?)null, new TriggeredCheckSessions([.. made.Select(session => new CheckSession(session, version, links, sessions.Now))]));

        TriggerSession CommandFor(Check check)
        {
            var spec = check.SpecWith(TriggerOptions.MembersOf(asked.RefreshCache));
            return sessions.CommandOf(
                caller,
                SessionKind.Check,
                check.Name,
                SessionSource.TriggerApi,
                metadata,
                check.Locations.Select(location => budget.Take(check.At(location, spec, now))));
        }
    }
}

/// <summary>The body of a trigger of check sessions.</summary>
public sealed record CheckSessionTrigger(bool RefreshCache = false)
{
    /// <summary>Which checks.</summary>
    public CheckTarget Target { get; init; } = new();
}

/// <summary>The answer to a trigger: one session for each check.</summary>
public sealed record TriggeredCheckSessions(IReadOnlyList<CheckSession> Sessions);
