using Ledger.Http.Access;
using Ledger.Http.Dialects.Empirical.TestRuns;
using Ledger.Http.Errors;
using Ledger.Http.PlainRuns;
using Ledger.Http.RateLimits;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Empirical.Cancels;

/// <summary>
/// Cancels a test run (wire.md 6.1). A queued one is cancelled by the request itself, a started one is <c>cancelling</c> until it has
/// stopped; asking again meanwhile is 200 and keeps the first reason. What has ended is 412, and only what the stream itself says counts.
/// </summary>
public static class CancelTestRun
{
    public static void MapCancel(this IEndpointRouteBuilder routes) => routes
        .MapPost("/api/test-runs/{id}/cancel", CancelAsync)
        .RequireScope(Scope.Command)
        .WithMetadata(RateLimit.Cancel)
        .WithSummary("Cancels a test run that has not ended.")
        .Reads<CancelBody>(required: false)
        .Produces<EmpiricalMessage>()
        .Produces<EmpiricalMessage>(StatusCodes.Status412PreconditionFailed)
        .ProducesErrors(400, 401, 403, 404, 429);

    private static async Task<IResult> CancelAsync(
        HttpContext context, string id, PlainRunSessions runs, SessionStreams sessions, CancelPolicy policy, TimeProvider clock)
    {
        FindTestRun.Number(id);
        var reason = await CancelBody.ReasonAsync(context.Request);
        var run = await FindTestRun.ByIdAsync(context, id, runs);
        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            context.Key().Actor,
            CancelVia.Empirical,
            CancelCause.User,
            reason,
            Force: false,
            SequenceIds: null);
        var executed = await sessions.ExecuteAsync(
            run.Stream,
            (session, now) => RequestCancel.Decide(session, command, policy, now),
            context.EventContext(),
            cancellation: context.RequestAborted);
        context.SetPosition(executed.Snapshot!.LastPosition);
        return executed.Decision.Refusal switch
        {
            null => EmpiricalResult.Json(new EmpiricalMessage($"Test run {run.FirstPosition} is being cancelled.")),
            { Kind: RefusalKind.NothingToCancel } => throw PreconditionFailed(run.FirstPosition, executed.Snapshot.Session),
            { } refusal => throw refusal.ToRejection(),
        };
    }

    private static RequestRejected PreconditionFailed(long number, Session session) => new(
        StatusCodes.Status412PreconditionFailed,
        "nothing-to-cancel",
        TestRunStates.Of(session) switch
        {
            TestRunState.Ended => $"Test run {number} has already ended and cannot be cancelled.",
            TestRunState.Error => $"Test run {number} has already ended with an error and cannot be cancelled.",
            TestRunState.Cancelled => $"Test run {number} has already been cancelled.",
            _ => $"Test run {number} was started by a schedule and cannot be cancelled.",
        });
}
