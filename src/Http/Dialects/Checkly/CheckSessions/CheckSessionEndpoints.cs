using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Live;
using Ledger.Http.Requests;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.CheckSessions;

/// <summary>Triggers, reads and awaits check sessions, in both versions (wire.md 3.3, 3.4).</summary>
public static class CheckSessionEndpoints
{
    /// <summary>The one type that version 1 has no word for (wire.md 3.4).</summary>
    private const string Heartbeat = "HEARTBEAT";

    public static void MapCheckSessions(this IEndpointRouteBuilder routes)
    {
        routes.MapVersion(ApiVersion.V1, "/v1/check-sessions", "Version 1, deprecated: shows a cancelled session as TIMED_OUT.");
        routes.MapVersion(ApiVersion.V2, "/v2/check-sessions", "Version 2.");
    }

    private static void MapVersion(this IEndpointRouteBuilder routes, ApiVersion version, string prefix, string about)
    {
        var group = routes.MapGroup(prefix).WithTags("Checkly: check sessions");
        group.MapPost(
                "trigger",
                (HttpContext context, CheckRegistry registry, SessionStreams sessions, LedgerSettings settings, TimeProvider clock) =>
                    TriggerCheckSessions.HandleAsync(context, version, registry, sessions, settings, clock))
            .RequireScope(Scope.Command)
            .WithSummary($"Triggers a session for each check that is meant. {about}")
            .Reads<CheckSessionTrigger>(required: version is ApiVersion.V2)
            .Produces<TriggeredCheckSessions>(StatusCodes.Status201Created)
            .ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet(
                "{checkSessionId}",
                (HttpContext context, string checkSessionId, SessionStreams sessions, LedgerSettings settings, TimeProvider clock) =>
                    GetAsync(context, version, checkSessionId, sessions, settings, clock))
            .RequireScope(Scope.Read)
            .WithSummary($"Reads a check session with the results that there are. {about}")
            .Produces<CheckSession>()
            .ProducesErrors(400, 401, 403, 404, 429);
        group.MapGet(
                "{checkSessionId}/completion",
                (HttpContext context,
                        string checkSessionId,
                        SessionStreams sessions,
                        SessionFeed feed,
                        LedgerSettings settings,
                        TimeProvider clock) =>
                    AwaitAsync(context, version, checkSessionId, sessions, feed, settings, clock))
            .RequireScope(Scope.Read)
            .WithSummary($"Answers when the session is final, or with 408 after maxWaitSeconds. {about}")
            .ReadsNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")
            .Produces<CheckSession>()
            .ProducesErrors(400, 401, 403, 404, 408, 429);
    }

    private static async Task<IResult> GetAsync(
        HttpContext context,
        ApiVersion version,
        string checkSessionId,
        SessionStreams sessions,
        LedgerSettings settings,
        TimeProvider clock)
    {
        var stream = ChecklySessions.StreamOf(context, SessionKind.Check, checkSessionId);
        var snapshot = await ChecklySessions.ReadAsync(sessions, stream, SessionKind.Check, context.RequestAborted);
        return Show(context, version, snapshot.Session, settings, clock);
    }

    private static async Task<IResult> AwaitAsync(
        HttpContext context,
        ApiVersion version,
        string checkSessionId,
        SessionStreams sessions,
        SessionFeed feed,
        LedgerSettings settings,
        TimeProvider clock)
    {
        var session = await CompletionWait.AwaitAsync(
            context, SessionKind.Check, checkSessionId, wholeSeconds: version is ApiVersion.V2, sessions, feed);
        return Show(context, version, session, settings, clock);
    }

    /// <summary>A session that version 1 cannot name the type of is unknown to it.</summary>
    /// <exception cref="RequestRejected">404 for such a session.</exception>
    private static IResult Show(HttpContext context, ApiVersion version, Session session, LedgerSettings settings, TimeProvider clock)
    {
        if (version is ApiVersion.V1 && session.Runs.Any(run => run.Plan.CheckType == Heartbeat))
        {
            throw ChecklySessions.Unknown(SessionKind.Check);
        }

        var links = new ChecklyLinks(context.Request, settings);
        return ChecklyResult.Json(CheckSession.WithResults(session, version, links, clock.GetUtcNow()));
    }
}
