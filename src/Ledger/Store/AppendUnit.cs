using Ledger.Sessions.Events;

namespace Ledger.Store;

/// <summary>What is written together: all of it or nothing.</summary>
/// <param name="Appends">The streams that it touches, each at most once; none for an answer that needed no event.</param>
/// <param name="Answers">Answers under idempotency keys that become durable with the events (domain.md rule 5); usually none.</param>
public sealed record AppendUnit(IReadOnlyList<StreamAppend> Appends, IReadOnlyList<RememberedAnswer> Answers)
{
    /// <summary>A unit of one stream and no answer.</summary>
    public AppendUnit(StreamAppend append)
        : this([append], [])
    {
    }
}

/// <summary>Events for the end of one stream.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="ExpectedVersion">The version that the decision was made on; 0 for a stream that must not exist yet.</param>
/// <param name="Events">At least one.</param>
public sealed record StreamAppend(StreamId Stream, long ExpectedVersion, IReadOnlyList<NewEvent> Events);

/// <summary>An event that is not stored yet.</summary>
/// <param name="Id">Its id, made before the first try: after a lost connection it tells whether the write had happened.</param>
/// <param name="Data">The fact.</param>
/// <param name="Context">What to keep beside it.</param>
public sealed record NewEvent(Guid Id, ISessionEvent Data, EventContext Context);

/// <summary>The first answer to a request with an idempotency key: kept, and given again, whatever happened since (domain.md rule 5).</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="Key">The caller's key, within <paramref name="Scope"/>.</param>
/// <param name="Scope">What the request was about, such as a session's cancel: the same key elsewhere is another key.</param>
/// <param name="Fingerprint">A digest of the request: the same key with another request is an error, not a repeat.</param>
/// <param name="Answer">The answer, as JSON text.</param>
/// <param name="At">When it was given.</param>
public sealed record RememberedAnswer(Guid AccountId, string Key, string Scope, string Fingerprint, string Answer, DateTimeOffset At);

/// <summary>The store's verdict on an <see cref="AppendUnit"/>.</summary>
public enum AppendVerdict
{
    /// <summary>Everything is durable.</summary>
    Appended,

    /// <summary>A stream was not at the expected version; nothing was written.</summary>
    Conflict,

    /// <summary>One of the answers' keys was taken already; nothing was written.</summary>
    AnswerTaken,
}

/// <summary>What became of an <see cref="AppendUnit"/>.</summary>
/// <param name="Verdict">Written, or why not.</param>
/// <param name="FirstPositions">
/// The position of the first event of each append, in the unit's order; the others of that append follow without a gap. Empty unless
/// <see cref="AppendVerdict.Appended"/>.
/// </param>
public sealed record AppendOutcome(AppendVerdict Verdict, IReadOnlyList<long> FirstPositions)
{
    /// <summary>A stream had moved on.</summary>
    public static AppendOutcome Conflict { get; } = new(AppendVerdict.Conflict, []);

    /// <summary>An idempotency key was taken.</summary>
    public static AppendOutcome AnswerTaken { get; } = new(AppendVerdict.AnswerTaken, []);
}
