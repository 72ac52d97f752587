using Ledger.Http.Runners;

namespace Ledger.Http.Cancels;

/// <summary>The native cancel of one session: dry run, force, idempotency key.</summary>
public static class CancelSessionEndpoint
{
    private const string IdempotencyKey = "Idempotency-Key";
    private const int MaximumKey = 255;

    [WolverinePost("/ledger/sessions/{sessionId}/cancel"), Authorize(Scopes.CommandOrRunner), RateLimit("cancel"), Errors(404, 409, 422), Tags("Cancel")]
    [EndpointSummary("Asks to cancel a session, or some of its runs. The runs stop afterwards.")]
    [HeaderText(IdempotencyKey, "The same key gives the first answer again, whatever happened since.")]
    [HeaderText(RunnerHeader.Name, "The runner that shuts down; for keys with the scope of runners alone.")]
    public static async Task<Accepted<CancelAccepted>> Post(
        string sessionId,
        [FromBody] CancelRequest? request,
        Caller caller,
        SessionWriter sessions,
        RunnerBindings runners,
        RunnerPresence presence,
        CancelPolicy policy,
        TimeProvider clock,
        HttpContext context,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("session id", sessionId);
        request ??= new CancelRequest();
        request.Validate();
        var command = new RequestCancel(
            Guid.CreateVersion7(clock.GetUtcNow()),
            context.Key().Has(Scope.Command) ? caller.Actor : await RunnerThatShutsDownAsync(id, request, caller, sessions, runners, presence, context),
            CancelVia.Ledger,
            request.Cause,
            request.Reason,
            request.Force,
            request.SequenceIds);
        if (request.DryRun)
        {
            var now = await sessions.ReadAsync(caller, id, cancellation) ?? throw RequestRejected.NotFound("There is no such session.");
            return Answer(RequestCancel.Decide(now.Session, command, policy, clock.GetUtcNow()));
        }

        var remember = RememberFor(context.Request, id, await Body.ReadAsync(context.Request));
        var executed = await sessions.ExecuteAsync(
            caller, id, (session, now) => RequestCancel.Decide(session, command, policy, now), remember, cancellation);
        if (executed.Snapshot is { } after)
        {
            context.SetPosition(after.LastPosition);
        }

        return executed.Remembered is { } first ? AnswerAgain(first, remember!) : Answer(executed.Decision);
    }

    /// <summary>
    /// A key with the scope of runners alone may cancel one thing: what its runner holds, because that runner is shutting down. So a drain
    /// takes the same way as every other cancel, and its five facts stand in the stream.
    /// </summary>
    private static async Task<Actor> RunnerThatShutsDownAsync(
        Guid sessionId, CancelRequest request, Caller caller, SessionWriter sessions, RunnerBindings runners, RunnerPresence presence, HttpContext context)
    {
        var runnerId = RunnerHeader.Read(context.Request);
        await runners.RequireAsync(context.Key(), runnerId, context.RequestAborted);
        var snapshot = await sessions.ReadAsync(caller, sessionId, context.RequestAborted)
            ?? throw RequestRejected.NotFound("There is no such session.");
        var isOwn = request is { Cause: CancelCause.Shutdown, SequenceIds: { } ids }
            && ids.All(id => snapshot.Session.FindRun(id)?.RunnerId == runnerId);
        if (!isOwn)
        {
            throw RequestRejected.Forbidden("A runner's key cancels only what its runner holds, with the cause shutdown.");
        }

        presence.Drains(caller.AccountId, runnerId, caller.Project);
        return new Actor(ActorKind.Runner, runnerId);
    }

    private static Accepted<CancelAccepted> Answer(Decision<CancelAnswer> decision) => decision.Answer is { } answer
        ? Accepted(new CancelAccepted(answer.CancelId, answer.Targeted, answer.Skipped))
        : throw decision.Refusal!.ToRejection();

    private static Accepted<CancelAccepted> Accepted(CancelAccepted accepted) => TypedResults.Accepted((string?)null, accepted);

    private static Remember<CancelAnswer>? RememberFor(HttpRequest request, Guid sessionId, ReadOnlyMemory<byte> body) =>
        Unquoted(request.Headers[IdempotencyKey].ToString()) switch
        {
            "" => null,
            { Length: > MaximumKey } =>
                throw RequestRejected.BadRequest($"The header {IdempotencyKey} must have at most {MaximumKey} characters."),
            var key => new Remember<CancelAnswer>(
                key, $"cancel {sessionId}", Convert.ToHexStringLower(SHA256.HashData(Canonical(body))), RememberedCancel.Write),
        };

    /// <summary>A key in quotes, as a structured field, is the same as a bare one.</summary>
    private static string Unquoted(string key) => key is ['"', .. var inner, '"'] ? inner : key;

    /// <summary>What the body says, however it is written: without blanks, and with members in order.</summary>
    private static byte[] Canonical(ReadOnlyMemory<byte> body)
    {
        return body.IsEmpty ? [] : JsonSerializer.SerializeToUtf8Bytes(Sorted(JsonNode.Parse(body.Span)));

        static JsonNode? Sorted(JsonNode? node) => node switch
        {
            JsonObject members => new JsonObject(members.OrderBy(member => member.Key, StringComparer.Ordinal)
                .Select(member => KeyValuePair.Create(member.Key, Sorted(member.Value)))),
            JsonArray items => new JsonArray([.. items.Select(Sorted)]),
            _ => node?.DeepClone(),
        };
    }

    private static Accepted<CancelAccepted> AnswerAgain(RememberedAnswer first, Remember<CancelAnswer> mine)
    {
        if (first.Fingerprint != mine.Fingerprint)
        {
            throw new RequestRejected(
                StatusCodes.Status422UnprocessableEntity, "idempotency-key-reused", "This Idempotency-Key came with another request before.");
        }

        var remembered = RememberedCancel.Read(first.Answer);
        return remembered.Accepted is { } accepted
            ? Accepted(accepted)
            : throw new Refusal(RefusalKind.NothingToCancel, remembered.Refused!).ToRejection();
    }
}

/// <summary>A cancel of one session, natively.</summary>
public sealed record CancelRequest(
    IReadOnlyList<Guid>? SequenceIds = null,
    string? Reason = null,
    CancelCause Cause = CancelCause.User,
    bool Force = false,
    bool DryRun = false)
{
    public void Validate()
    {
        Inputs.Reason(Reason);
        if (SequenceIds is { Count: 0 or > Limits.Runs })
        {
            throw RequestRejected.BadRequest($"'sequenceIds' must name 1 to {Limits.Runs} runs, or be absent for all of them.");
        }

        RejectOwnCause(Cause);
    }

    /// <summary>Refuses a cause that only the ledger itself can know.</summary>
    public static void RejectOwnCause(CancelCause cause)
    {
        if (cause is CancelCause.Superseded)
        {
            throw RequestRejected.BadRequest("'cause' superseded is the ledger's own; no caller can claim it.");
        }
    }
}

/// <summary>The answer to a cancel: 202, for the runs stop afterwards.</summary>
public sealed record CancelAccepted(Guid CancelId, IReadOnlyList<Guid> Targeted, IReadOnlyList<Ledger.Sessions.Events.SkippedRun> Skipped);

/// <summary>The first answer to a cancel, as it is kept under an idempotency key.</summary>
/// <param name="Accepted">What was accepted; null when it was refused.</param>
/// <param name="Refused">Why it was refused; null when it was accepted.</param>
public sealed record RememberedCancel(CancelAccepted? Accepted, string? Refused)
{
    public static string Write(Decision<CancelAnswer> decision) => JsonSerializer.Serialize(
        decision.Answer is { } answer
            ? new RememberedCancel(new CancelAccepted(answer.CancelId, answer.Targeted, answer.Skipped), null)
            : new RememberedCancel(null, decision.Refusal!.Message),
        Json.Options);

    public static RememberedCancel Read(string json) => JsonSerializer.Deserialize<RememberedCancel>(json, Json.Options)!;
}
