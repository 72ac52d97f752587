using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Streams;

/// <summary>What a decision came to, and the session after it.</summary>
/// <typeparam name="T">The decision's answer.</typeparam>
/// <param name="Decision">The decision that was recorded, or that needed no record.</param>
/// <param name="Snapshot">The session afterwards; null when the account has no such session.</param>
/// <param name="Remembered">
/// The answer that was given before under the same idempotency key; then nothing was decided now (domain.md rule 5).
/// </param>
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

/// <summary>A command that waits for its turn on a stream.</summary>
internal abstract class PendingCommand(EventContext context)
{
    public EventContext Context { get; } = context;

    /// <summary>Decides, and gives the events to append. May be called again when the stream has moved on.</summary>
    public abstract IReadOnlyList<ISessionEvent> Decide(Session session, DateTimeOffset now);

    /// <summary>The answer to keep with the events of the last decision; null for none.</summary>
    public abstract RememberedAnswer? Answer(Guid accountId, DateTimeOffset now);

    public abstract void Complete(SessionSnapshot snapshot);

    public abstract void CompleteRemembered(RememberedAnswer answer, SessionSnapshot snapshot);

    public abstract void CompleteUnknown();

    public abstract void Fail(Exception failure);
}

internal sealed class PendingCommand<T>(
    Func<Session, DateTimeOffset, Decision<T>> decide, EventContext context, Remember<T>? remember) : PendingCommand(context)
    where T : class
{
    private static readonly Decision<T> Unknown =
        Decision<T>.Refuse(new Refusal(RefusalKind.UnknownSession, "There is no such session."));

    private readonly TaskCompletionSource<Executed<T>> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Decision<T>? decision;

    public Task<Executed<T>> Completion => completion.Task;

    public override IReadOnlyList<ISessionEvent> Decide(Session session, DateTimeOffset now)
    {
        decision = decide(session, now);
        return decision.Events;
    }

    public override RememberedAnswer? Answer(Guid accountId, DateTimeOffset now) => remember is null
        ? null
        : new RememberedAnswer(accountId, remember.Key, remember.Scope, remember.Fingerprint, remember.Write(decision!), now);

    public override void Complete(SessionSnapshot snapshot) => completion.TrySetResult(new Executed<T>(decision!, snapshot));

    public override void CompleteRemembered(RememberedAnswer answer, SessionSnapshot snapshot) =>
        completion.TrySetResult(new Executed<T>(decision!, snapshot, answer));

    public override void CompleteUnknown() => completion.TrySetResult(new Executed<T>(Unknown, null));

    public override void Fail(Exception failure) => completion.TrySetException(failure);
}
