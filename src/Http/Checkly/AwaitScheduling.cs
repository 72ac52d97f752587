using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Checkly;

/// <summary>
/// Says that a scheduling has succeeded. It was done in the transaction of the request that asked for it, so nobody ever waits, on whichever
/// host and after whatever restart.
/// </summary>
public static class AwaitSchedulingEndpoint
{
    [WolverineGet("/v1/test-sessions/scheduling/{schedulingId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Answers when the runs of a session are scheduled: at once.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<Scheduling> Get(string schedulingId, Caller caller, SessionWriter sessions, HttpContext context)
    {
        var id = Inputs.Uuid(nameof(schedulingId), schedulingId);
        LongPoll.MaxWaitOf(context.Request, wholeSeconds: false);
        return await sessions.ReadAsync(caller, SchedulingIds.Derived(id), context.RequestAborted) is { Session: { Kind: SessionKind.Test } session }
            && session.Source is SessionSource.TestRecord or SessionSource.TestNoRecord
                ? Scheduling.Of(id, session)
                : throw RequestRejected.NotFound("Not Found");
    }
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
public sealed record Scheduling(
    Guid SchedulingId,
    Guid? TestSessionId,
    string Status,
    int ChecksTotal,
    SchedulingError? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    private const string Succeeded = "SUCCEEDED";

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
public sealed record SchedulingError(string Code, string Message);

/// <summary>
/// The ids of schedulings. A scheduling is done when its session is there, so all that is known of it stands in the session; its id leads
/// there and back (<see cref="MaskedIds"/>). It is not the session's own, which a user who does not record is not told.
/// </summary>
public static class SchedulingIds
{
    private static ReadOnlySpan<byte> Mask => [0xc6, 0x1d, 0x73, 0xa8, 0x4f, 0x92, 0x35];

    /// <summary>The scheduling of a session, or the session of a scheduling.</summary>
    public static Guid Derived(Guid id) => MaskedIds.Of(id, Mask);
}
