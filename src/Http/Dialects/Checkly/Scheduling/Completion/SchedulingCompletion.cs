using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Completion;

/// <summary>
/// Says that a scheduling has succeeded (wire.md 4.3). It was done in the transaction of the request that asked for it, so nobody ever
/// waits, on whichever host and after whatever restart.
/// </summary>
public static class SchedulingCompletion
{
    private const string Succeeded = "SUCCEEDED";

    public static void MapSchedulingCompletion(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/test-sessions/scheduling/{schedulingId}/completion", HandleAsync)
        .RequireScope(Scope.Read)
        .WithSummary("Answers when the runs of a session are scheduled: at once.")
        .ReadsNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")
        .Produces<Scheduling>()
        .ProducesErrors(400, 401, 403, 404, 429);

    private static async Task<IResult> HandleAsync(HttpContext context, string schedulingId, SessionStreams sessions)
    {
        var id = Inputs.Uuid(nameof(schedulingId), schedulingId);
        CompletionWait.Read(context.Request, wholeSeconds: false);
        var stream = new StreamId(context.Key().AccountId, SchedulingIds.Derived(id));
        return await sessions.ReadAsync(stream, context.RequestAborted) is { Session: { Kind: SessionKind.Test } session }
            && session.Source is SessionSource.TestRecord or SessionSource.TestNoRecord
                ? ChecklyResult.Json(Scheduling.Of(id, session))
                : throw RequestRejected.NotFound("Not Found");
    }

    /// <summary>A scheduling.</summary>
    /// <param name="SchedulingId">Its id.</param>
    /// <param name="TestSessionId">The session; null when it is not recorded.</param>
    /// <param name="Status">Always <c>SUCCEEDED</c>.</param>
    /// <param name="ChecksTotal">Runs that were scheduled.</param>
    /// <param name="Error">Always null.</param>
    /// <param name="CreatedAt">When it was asked for.</param>
    /// <param name="StartedAt">The same moment.</param>
    /// <param name="EndedAt">The same moment.</param>
    internal sealed record Scheduling(
        Guid SchedulingId,
        Guid? TestSessionId,
        string Status,
        int ChecksTotal,
        SchedulingError? Error,
        DateTimeOffset CreatedAt,
        DateTimeOffset? StartedAt,
        DateTimeOffset? EndedAt)
    {
        public static Scheduling Of(Guid id, Session session) => new(
            id,
            session.Source is SessionSource.TestRecord ? session.Id : null,
            Succeeded,
            session.Runs.Length,
            null,
            session.TriggeredAt,
            session.TriggeredAt,
            session.TriggeredAt);
    }

    /// <summary>Why a scheduling failed, which none does.</summary>
    internal sealed record SchedulingError(string Code, string Message);
}
