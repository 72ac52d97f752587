using System.Diagnostics;

namespace Ledger.Http.Requests;

/// <summary>What every command takes from its request and gives to its answer.</summary>
public static class RequestContext
{
    /// <summary>
    /// What is kept beside the events: who asked, and the W3C trace that the request belongs to (docs/telemetry.md#traces).
    /// </summary>
    public static EventContext EventContext(this HttpContext context)
    {
        var actor = context.Key().Actor;
        var activity = Activity.Current;
        return new EventContext(
            actor.Name ?? actor.Id,
            activity?.TraceId.ToHexString(),
            activity is null ? null : (activity.HasRemoteParent ? activity.ParentSpanId : activity.SpanId).ToHexString());
    }

    /// <summary>Tells the caller up to where the log must have been read to see what was written.</summary>
    public static void SetPosition(this HttpContext context, long position) =>
        context.Response.Headers["Ledger-Position"] = position.ToString(CultureInfo.InvariantCulture);

    /// <summary>Begins sessions, all of them or none, and tells the caller up to where the log must have been read to see them.</summary>
    /// <exception cref="RequestRejected">What is refused.</exception>
    public static async Task<IReadOnlyList<SessionSnapshot>> TriggerAsync(
        this SessionWriter sessions, HttpContext context, Caller caller, params IReadOnlyList<TriggerSession> commands)
    {
        var (made, refusal) = await sessions.TriggerAsync(caller, commands, context.RequestAborted);
        if (refusal is not null)
        {
            throw refusal.ToRejection();
        }

        context.SetPosition(made[^1].LastPosition);
        return made;
    }

    /// <summary>The refusal of a decision as a rejected request.</summary>
    public static RequestRejected ToRejection(this Refusal refusal) => refusal.Kind switch
    {
        RefusalKind.UnknownSession => RequestRejected.NotFound("There is no such session."),
        RefusalKind.UnknownRun => RequestRejected.NotFound(refusal.Message),
        RefusalKind.HeldByAnother => new RequestRejected(StatusCodes.Status403Forbidden, "held-by-another", refusal.Message),
        RefusalKind.NotClaimed => new RequestRejected(StatusCodes.Status409Conflict, "not-claimed", refusal.Message),
        RefusalKind.NotQueued => new RequestRejected(StatusCodes.Status409Conflict, "not-queued", refusal.Message),
        RefusalKind.NoCancelRecorded => new RequestRejected(StatusCodes.Status409Conflict, "no-cancel-recorded", refusal.Message),
        RefusalKind.OtherCancel => new RequestRejected(StatusCodes.Status409Conflict, "other-cancel", refusal.Message),
        RefusalKind.NothingToCancel => new RequestRejected(StatusCodes.Status409Conflict, "nothing-to-cancel", refusal.Message),
        RefusalKind.NotStartable => new RequestRejected(StatusCodes.Status409Conflict, "not-startable", refusal.Message),
        RefusalKind.TooMuch or RefusalKind.Malformed => RequestRejected.BadRequest(refusal.Message),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal.Kind, "A refusal without a status."),
    };
}
