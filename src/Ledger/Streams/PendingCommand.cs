namespace Ledger.Streams;

/// <summary>What a decision came to, and the session after it.</summary>
/// <typeparam name="T">The decision's answer.</typeparam>
/// <param name="Decision">The decision that was recorded, or that needed no record.</param>
/// <param name="Snapshot">The session afterwards; null when the account has no such session.</param>
/// <param name="Remembered">The answer that was given before under the same idempotency key; then nothing was decided now.</param>
public sealed record Executed<T>(Decision<T> Decision, SessionSnapshot? Snapshot, RememberedAnswer? Remembered = null)
    where T : class;

/// <summary>Asks that the answer to a command is kept under a key of the caller's, durable with the events.</summary>
/// <typeparam name="T">The decision's answer.</typeparam>
/// <param name="Key">The caller's key.</param>
/// <param name="Scope">What the request is about.</param>
/// <param name="Fingerprint">A digest of the request.</param>
/// <param name="Write">Writes the decision as the JSON text to give again.</param>
public sealed record Remember<T>(string Key, string Scope, string Fingerprint, Func<Decision<T>, string> Write)
    where T : class;

/// <summary>Something that waits to be decided and written: a command on a stream, or streams to begin.</summary>
internal abstract class PendingWork(EventContext context, long bytes)
{
    /// <summary>What to keep beside the events.</summary>
    public EventContext Context => context;

    /// <summary>About how much memory it takes while it waits.</summary>
    public long Bytes => bytes;

    /// <summary>The first event of each try whose outcome was never heard of: it may have been written.</summary>
    public List<(StreamId Stream, Guid EventId)> Unheard { get; } = [];

    /// <summary>Answers the caller with an error.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>Sessions to begin, all of them or none.</summary>
internal sealed class PendingTrigger(IReadOnlyList<SessionTriggered> triggered, IReadOnlyList<LargeSpec> specs, EventContext context)
    : PendingWork(context, triggered.Sum(SessionSnapshot.BytesOf) + specs.Sum(spec => spec.Compressed.Length))
{
    private readonly TaskCompletionSource<IReadOnlyList<SessionSnapshot>> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<SessionTriggered> Triggered => triggered;

    /// <summary>What their runs execute, where that is too large for the events.</summary>
    public IReadOnlyList<LargeSpec> Specs => specs;

    public Task<IReadOnlyList<SessionSnapshot>> Completion => completion.Task;

    public void Complete(IReadOnlyList<SessionSnapshot> sessions) => completion.TrySetResult(sessions);

    public override void Fail(Exception failure) => completion.TrySetException(failure);
}

/// <summary>A command on one stream.</summary>
internal abstract class PendingCommand(StreamId stream, EventContext context) : PendingWork(context, bytes: 1_000)
{
    public StreamId Stream => stream;

    /// <summary>The id of the answer to keep; null for none.</summary>
    public abstract string? AnswerId { get; }

    /// <summary>Decides, and gives the events to append. May be called again when the stream has moved on.</summary>
    public abstract IReadOnlyList<ISessionEvent> Decide(Session session, DateTimeOffset now);

    /// <summary>The answer to keep with the events of the last decision; null for none.</summary>
    public abstract RememberedAnswer? Answer(DateTimeOffset now);

    public abstract void Complete(SessionSnapshot snapshot);

    public abstract void CompleteRemembered(RememberedAnswer answer, SessionSnapshot snapshot);

    public abstract void CompleteUnknown();
}

internal sealed class PendingCommand<T>(
    StreamId stream, Func<Session, DateTimeOffset, Decision<T>> decide, EventContext context, Remember<T>? remember)
    : PendingCommand(stream, context)
    where T : class
{
    private static readonly Decision<T> Unknown =
        Decision<T>.Refuse(new Refusal(RefusalKind.UnknownSession, "There is no such session."));

    private readonly TaskCompletionSource<Executed<T>> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Decision<T>? decision;

    public Task<Executed<T>> Completion => completion.Task;

    public override string? AnswerId => remember is null ? null : RememberedAnswer.IdOf(Stream.AccountId, remember.Scope, remember.Key);

    public override IReadOnlyList<ISessionEvent> Decide(Session session, DateTimeOffset now)
    {
        decision = decide(session, now);
        return decision.Events;
    }

    public override RememberedAnswer? Answer(DateTimeOffset now) =>
        AnswerId is { } id ? new RememberedAnswer(id, remember!.Fingerprint, remember.Write(decision!), now) : null;

    public override void Complete(SessionSnapshot snapshot) => completion.TrySetResult(new Executed<T>(decision!, snapshot));

    public override void CompleteRemembered(RememberedAnswer answer, SessionSnapshot snapshot) =>
        completion.TrySetResult(new Executed<T>(decision!, snapshot, answer));

    public override void CompleteUnknown() => completion.TrySetResult(new Executed<T>(Unknown, null));

    public override void Fail(Exception failure) => completion.TrySetException(failure);
}
