using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Version 1 starts everything when it is sent nothing; see <see cref="CheckSessionTriggers"/>.</summary>
public static class TriggerCheckSessionsV1Endpoint
{
    [WolverinePost("/v1/check-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Triggers a session for each check that is meant. Version 1, deprecated: shows a cancelled session as TIMED_OUT.")]
    [ProducesResponseType<TriggeredCheckSessions>(StatusCodes.Status201Created)]
    public static Task<IResult> Post([FromBody] CheckSessionTrigger? asked, Caller caller, CheckSessionTriggers triggers, HttpContext context) =>
        triggers.HandleAsync(asked ?? new CheckSessionTrigger(), ApiVersion.V1, caller, context);
}

/// <summary>Version 2 wants to be told, if only <c>{}</c>; see <see cref="CheckSessionTriggers"/>.</summary>
public static class TriggerCheckSessionsV2Endpoint
{
    [WolverinePost("/v2/check-sessions/trigger"), Authorize(Scopes.Command), Errors(400, 401, 403, 404, 429), Tags("Checkly: check sessions")]
    [EndpointSummary("Triggers a session for each check that is meant. Version 2.")]
    [ProducesResponseType<TriggeredCheckSessions>(StatusCodes.Status201Created)]
    public static Task<IResult> Post([FromBody] CheckSessionTrigger asked, Caller caller, CheckSessionTriggers triggers, HttpContext context) =>
        triggers.HandleAsync(asked, ApiVersion.V2, caller, context);
}

/// <summary>Triggers one session for each check that is meant, all of them or none.</summary>
public sealed class CheckSessionTriggers(IDocumentStore store, ChecklySessions sessions)
{
    public async Task<IResult> HandleAsync(CheckSessionTrigger asked, ApiVersion version, Caller caller, HttpContext context)
    {
        await using var documents = store.QuerySession(caller.AccountId.ToString());
        var checks = await documents.SelectAsync(asked.Target, context.RequestAborted);
        var runs = checks.Sum(check => (long)check.Locations.Count);
        if (runs > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'target' means {runs} runs; at most {Limits.Runs} are started at once.");
        }

        var metadata = ChecklyRequests.MetadataOf(context.Request);
        var made = await sessions.TriggerAsync(context, caller, [.. checks.Select(check => CommandFor(check, asked, caller, metadata))]);
        var links = sessions.LinksFor(context.Request);
        return TypedResults.Json(
            new TriggeredCheckSessions([.. made.Select(session => CheckSession.Of(session, version, links, sessions.Now))]),
            Json.Options,
            statusCode: StatusCodes.Status201Created);
    }

    private TriggerSession CommandFor(Check check, CheckSessionTrigger asked, Caller caller, JsonElement? metadata)
    {
        var now = sessions.Now;
        var spec = check.SpecWith(TriggerOptions.MembersOf(asked.RefreshCache));
        return sessions.CommandOf(
            caller,
            SessionKind.Check,
            check.Name,
            SessionSource.TriggerApi,
            metadata,
            check.Locations.Select(location => check.At(location, spec, now)));
    }
}

/// <summary>The body of a trigger of check sessions.</summary>
public sealed record CheckSessionTrigger
{
    /// <summary>Which checks.</summary>
    public CheckTarget Target { get; init; } = new();

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }
}

/// <summary>The answer to a trigger: one session for each check.</summary>
public sealed record TriggeredCheckSessions(IReadOnlyList<CheckSession> Sessions);
