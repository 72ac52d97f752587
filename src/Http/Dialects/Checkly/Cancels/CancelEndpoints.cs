using Ledger.Http.Access;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.Cancels;

/// <summary>
/// Cancels a check session or a test session, or some of its runs (wire.md 3.1). Whatever can be cancelled is recorded before the 204;
/// nothing to cancel is a 204 as well, since any other answer kills the genuine command line (trap 2).
/// </summary>
public static class CancelEndpoints
{
    public static void MapSessionCancels(this IEndpointRouteBuilder routes)
    {
        routes.MapPost(
                "/v1/check-sessions/{checkSessionId}/cancel",
                (HttpContext context, string checkSessionId, SessionStreams sessions, CancelPolicy policy, TimeProvider clock) =>
                    CancelAsync(context, SessionKind.Check, checkSessionId, sessions, policy, clock))
            .DescribeCancel()
            .WithTags("Checkly: check sessions")
            .WithSummary("Cancels the Playwright runs of a check session, or some of them.");
        routes.MapPost(
                "/v1/test-sessions/{testSessionId}/cancel",
                (HttpContext context, string testSessionId, SessionStreams sessions, CancelPolicy policy, TimeProvider clock) =>
                    CancelAsync(context, SessionKind.Test, testSessionId, sessions, policy, clock))
            .DescribeCancel()
            .WithTags("Checkly: test sessions")
            .WithSummary("Cancels the Playwright runs of a test session, or some of them.");
    }

    private static RouteHandlerBuilder DescribeCancel(this RouteHandlerBuilder route) => route
        .RequireScope(Scope.Command)
        .WithMetadata(RateLimit.Cancel)
        .Reads<CancelSequences>(required: false)
        .Produces(StatusCodes.Status204NoContent)
        .ProducesErrors(400, 401, 403, 404, 429);

    private static async Task<IResult> CancelAsync(
        HttpContext context, SessionKind kind, string sessionId, SessionStreams sessions, CancelPolicy policy, TimeProvider clock)
    {
        var stream = ChecklySessions.StreamOf(context, kind, sessionId);
        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            context.Key().Actor,
            CancelVia.Checkly,
            CancelCause.User,
            Reason: null,
            Force: false,
            CancelBody.Parse(await Body.ReadAsync(context.Request)),
            Origin: ChecklyOrigin.Of(context.Request));
        var executed = await sessions.ExecuteAsync(
            stream,
            (session, now) => session.Kind == kind
                ? RequestCancel.Decide(session, command, policy, now)
                : Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.UnknownSession, "A session of another kind.")),
            context.EventContext(),
            cancellation: context.RequestAborted);
        switch (executed.Decision.Refusal)
        {
            case null or { Kind: RefusalKind.NothingToCancel }:
                context.SetPosition(executed.Snapshot!.LastPosition);
                return TypedResults.NoContent();
            case { Kind: RefusalKind.UnknownSession }:
                throw ChecklySessions.Unknown(kind);
            case var refusal:
                throw refusal.ToRejection();
        }
    }
}
