using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Stably.Cancels;

/// <summary>
/// Cancels a run that is QUEUED or RUNNING (wire.md 7.1). The contract knows neither 404 nor 409: whatever cannot be cancelled is 400. A run
/// that is being stopped reads RUNNING, so a repeat succeeds with the same body and records nothing.
/// </summary>
public static class CancelRun
{
    public static void MapRunCancel(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/projects/{projectId}/runs/cancel", HandleAsync)
        .RequireScope(Scope.Command)
        .WithMetadata(RateLimit.Cancel)
        .WithTags("Stably: runs")
        .WithSummary("Cancels a run that is QUEUED or RUNNING. If it has a container, the container is stopped.")
        .Reads<RunsToCancel>()
        .Produces<CancelledRuns>()
        .ProducesErrors(400, 401, 429);

    private static async Task<IResult> HandleAsync(
        HttpContext context, string projectId, SessionStreams sessions, CancelPolicy policy, TimeProvider clock)
    {
        var asked = await Body.ReadRequiredJsonAsync<RunsToCancel>(context.Request, StablyJson.Options);
        if (StablyRuns.StreamOf(context, asked.Where.RunId) is not { } stream)
        {
            throw Unknown();
        }

        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            context.Key().Actor,
            CancelVia.Stably,
            CancelCause.User,
            Reason: null,
            Force: false,
            SequenceIds: null,
            Origin: StablyOrigin.Of(context.Request));
        var executed = await sessions.ExecuteAsync(
            stream,
            (session, now) => StablyProject.Has(projectId, session)
                ? RequestCancel.Decide(session, command, policy, now)
                : Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.UnknownSession, "Not a run of this project.")),
            context.EventContext(),
            cancellation: context.RequestAborted);
        switch (executed.Decision.Refusal)
        {
            case null:
                context.SetPosition(executed.Snapshot!.LastPosition);
                return StablyResult.Json(new CancelledRuns([new CancelledRun(stream.SessionId)]));
            case { Kind: RefusalKind.UnknownSession }:
                throw Unknown();
            case { Kind: RefusalKind.NothingToCancel }:
                context.SetPosition(executed.Snapshot!.LastPosition);
                throw NotCancellable(executed.Snapshot.Session);
            case var refusal:
                throw refusal.ToRejection();
        }
    }

    private static RequestRejected Unknown() => RequestRejected.BadRequest("There is no such run in this project.");

    private static RequestRejected NotCancellable(Session session) => RequestRejected.BadRequest(session.IsOpen
        ? $"Run {session.Id} was started by a schedule; only runs that users start can be cancelled."
        : $"Run {session.Id} is {RunStatuses.StatusOf(session).Word()}; only QUEUED or RUNNING runs can be cancelled.");
}

/// <summary>The body of a cancel.</summary>
/// <param name="Where">What to cancel.</param>
public sealed record RunsToCancel(RunToCancel Where);

/// <summary>Names a run.</summary>
/// <param name="RunId">Its id.</param>
public sealed record RunToCancel(string RunId);

/// <summary>The answer to a cancel, a closed object; the list is never empty.</summary>
public sealed record CancelledRuns(IReadOnlyList<CancelledRun> Cancelled);

/// <summary>A run that was cancelled, or is being stopped; a closed object.</summary>
public sealed record CancelledRun(Guid RunId);
