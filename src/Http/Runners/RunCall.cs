using Ledger.Deadlines;

namespace Ledger.Http.Runners;

/// <summary>
/// What a runner says about a run that it holds. Each call is one decision on the session's stream: 404 for what does not exist or the key does
/// not see, 403 when another runner holds it, 409 where the stream does not support what is said, and 200 with <c>late</c> for what comes after the
/// run was settled.
/// </summary>
public sealed class RunCall
{
    private readonly HttpContext context;
    private readonly Caller caller;
    private readonly Guid sessionId;

    private RunCall(HttpContext context, Caller caller, Guid sessionId, Guid sequenceId, string runnerId)
    {
        (this.context, this.caller, this.sessionId) = (context, caller, sessionId);
        (SequenceId, RunnerId) = (sequenceId, runnerId);
    }

    public StreamId Stream => caller.Stream(sessionId);

    public Guid SequenceId { get; }

    public string RunnerId { get; }

    /// <summary>The project that its key is bound to; null for the whole account.</summary>
    public string? Project => caller.Project;

    /// <summary>Ends when the client disconnects.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>The call, from the path and the header.</summary>
    /// <exception cref="RequestRejected">
    /// 400 for an id that is no uuid, or without the runner's header; 403 when the runner is another key's.
    /// </exception>
    public static async Task<RunCall> OfAsync(HttpContext context, RunnerBindings runners)
    {
        var call = new RunCall(
            context,
            context.Caller(),
            Inputs.Uuid("session id", context.GetRouteValue("sessionId") as string),
            Inputs.Uuid("sequence id", context.GetRouteValue("sequenceId") as string),
            RunnerHeader.Read(context.Request));
        await runners.RequireAsync(context.Key(), call.RunnerId, call.Aborted);
        return call;
    }

    /// <summary>What the run executes, whole, its secrets sealed; null where there is no such run, which the decision refuses.</summary>
    public async Task<JsonElement?> ReadSpecAsync(SessionWriter sessions)
    {
        var known = sessions.Peek(Stream) ?? await sessions.ReadAsync(caller, sessionId, Aborted);
        return known?.Session.FindRun(SequenceId) is { } run ? await sessions.ReadSpecAsync(known, run, Aborted) : null;
    }

    /// <summary>Decides it on the session's stream; the outcome is durable when the task ends.</summary>
    /// <returns>The session and the answer afterwards.</returns>
    /// <exception cref="RequestRejected">What the decision refuses.</exception>
    public async Task<(Session Session, ReportAnswer Answer)> ExecuteAsync(
        SessionWriter sessions, Func<Session, DateTimeOffset, Decision<ReportAnswer>> decide)
    {
        var executed = await sessions.ExecuteAsync(caller, sessionId, decide, cancellation: Aborted);
        if (executed.Decision.Answer is not { } answer)
        {
            throw executed.Decision.Refusal!.ToRejection();
        }

        var after = executed.Snapshot!;
        context.SetPosition(after.LastPosition);
        return (after.Session, answer);
    }
}

/// <summary>Renews leases with what runners say, and answers with what they have to know.</summary>
public sealed class LeaseRenewal(Leases leases, RunnerPresence presence, LedgerSettings settings)
{
    /// <summary>How long the ledger waits for the next heartbeat, in seconds.</summary>
    public int Seconds => settings.Lease.Seconds;

    /// <summary>What a runner has claimed and not begun, but for what it knows of.</summary>
    public Task<IReadOnlyList<(StreamId Stream, Guid SequenceId)>> NotBegunAsync(
        Guid accountId, string runnerId, IReadOnlyCollection<Guid> except, int limit, CancellationToken cancellation) =>
        Database.RunAsync(() => leases.NotBegunAsync(accountId, runnerId, except, limit, cancellation));

    /// <summary>The lease on an open run counts from now.</summary>
    public Task RenewAsync(StreamId stream, Guid sequenceId, string runnerId, CancellationToken cancellation) =>
        Database.RunAsync(async () =>
        {
            await leases.RenewAsync(stream, sequenceId, runnerId, Seconds, cancellation);
            return true;
        });

    /// <summary>Renews the lease of a run that is open still and not being cancelled, and answers to a start or a heartbeat.</summary>
    public async Task<LeaseAnswer> AnswerAsync(RunCall call, Session session, ReportAnswer answer)
    {
        presence.Speaks(call.Stream.AccountId, call.RunnerId, call.Project);
        if (answer.Run.State is RunState.Claimed or RunState.Running)
        {
            await RenewAsync(call.Stream, call.SequenceId, call.RunnerId, call.Aborted);
        }

        return new LeaseAnswer(
            Seconds, CancelOrder.For(session, answer.Run, settings.Cancel.ExpireSeconds), answer.Late ? true : null);
    }
}

/// <summary>The answer to a start or a heartbeat.</summary>
/// <param name="LeaseSeconds">How long the ledger waits for the next one.</param>
/// <param name="Cancel">The cancel that is under way for the run, or null.</param>
/// <param name="Late">True when the run is settled; absent otherwise.</param>
public sealed record LeaseAnswer(
    int LeaseSeconds,
    CancelOrder? Cancel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late);

/// <summary>A cancel as starts and heartbeats carry it.</summary>
/// <param name="Reason">Why, in words.</param>
/// <param name="Mode">Whether to ask or to kill.</param>
/// <param name="ExpiresAt">When the run is settled as cancelled without proof.</param>
public sealed record CancelOrder(Guid CancelId, string? Reason, SignalMode Mode, DateTimeOffset ExpiresAt)
{
    public static CancelOrder? For(Session session, Run run, int expireSeconds) => CancelSignal.For(session, run) is { } signal
        ? new CancelOrder(signal.CancelId, signal.Reason, signal.Mode, run.Cancel!.RequestedAt.AddSeconds(expireSeconds))
        : null;
}

/// <summary>The answer to an acknowledgement or an abort.</summary>
/// <param name="Settled">Whether the run is settled now.</param>
/// <param name="Late">True when it had been settled before, so that the report was only recorded; absent otherwise.</param>
public sealed record ReportTaken(
    bool Settled, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late)
{
    public static ReportTaken Of(ReportAnswer answer) => new(!answer.Run.IsOpen, answer.Late ? true : null);
}
