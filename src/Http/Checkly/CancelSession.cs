namespace Ledger.Http.Checkly;

/// <summary>
/// Cancels a session, or some of its runs. Whatever can be cancelled is recorded before the 204; nothing to cancel is a 204 as well, since
/// any other answer kills the genuine command line.
/// </summary>
public static class CancelSessionEndpoints
{
    [WolverinePost("/v1/check-sessions/{checkSessionId}/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: check sessions"), EndpointSummary("Cancels the Playwright runs of a check session, or some of them.")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public static Task<IResult> CancelCheckSession(
        string checkSessionId, [FromBody] CancelSequences? asked, Caller caller, SessionWriter sessions, CancelPolicy policy, HttpContext context) =>
        CancelAsync(SessionKind.Check, checkSessionId, asked, caller, sessions, policy, context);

    [WolverinePost("/v1/test-sessions/{testSessionId}/cancel"), Authorize(Scopes.Command), RateLimit("cancel"), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: test sessions"), EndpointSummary("Cancels the Playwright runs of a test session, or some of them.")]
    [ProducesResponseType(StatusCodes.Status204NoContent)]
    public static Task<IResult> CancelTestSession(
        string testSessionId, [FromBody] CancelSequences? asked, Caller caller, SessionWriter sessions, CancelPolicy policy, HttpContext context) =>
        CancelAsync(SessionKind.Test, testSessionId, asked, caller, sessions, policy, context);

    private static async Task<IResult> CancelAsync(
        SessionKind kind, string sessionId, CancelSequences? asked, Caller caller, SessionWriter sessions, CancelPolicy policy, HttpContext context)
    {
        var id = ChecklySessions.IdOf(kind, sessionId);
        var command = new RequestCancel(
            Guid.CreateVersion7(),
            caller.Actor,
            CancelVia.Checkly,
            CancelCause.User,
            Reason: null,
            Force: false,
            asked?.SequenceIds(),
            Origin: ChecklyRequests.OriginOf(context.Request));
        var executed = await sessions.ExecuteAsync(
            caller,
            id,
            (session, now) => session.Kind == kind
                ? RequestCancel.Decide(session, command, policy, now)
                : Decision<CancelAnswer>.Refuse(new Refusal(RefusalKind.UnknownSession, "A session of another kind.")),
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

/// <summary>The body of a cancel, a closed object. The genuine command line sends none at all, with a form's content type.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record CancelSequences
{
    /// <summary>The runs to cancel, at least one; absent for everything that still runs. Null is not absent.</summary>
    public IReadOnlyList<Guid> SequenceId { get; init; } = null!;

    /// <summary>The runs that are asked for; null for all.</summary>
    public IReadOnlyCollection<Guid>? SequenceIds() => SequenceId switch
    {
        null => null,
        { Count: 0 or > Limits.Runs } => throw RequestRejected.BadRequest($"'sequenceId' must be an array of 1 to {Limits.Runs} uuids."),
        _ => SequenceId.ToHashSet(),
    };
}
