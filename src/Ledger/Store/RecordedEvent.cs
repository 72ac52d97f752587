namespace Ledger.Store;

/// <summary>An event as it stands in the store.</summary>
/// <param name="Position">Its place in the global order (<c>seq_id</c>): unique and growing, with gaps.</param>
/// <param name="Id">The event's own id.</param>
/// <param name="Stream">The stream that it belongs to.</param>
/// <param name="Version">Its place in the stream, from 1.</param>
/// <param name="Data">The fact.</param>
/// <param name="Type">The stored alias.</param>
/// <param name="Context">What it was recorded with.</param>
public sealed record RecordedEvent(
    long Position,
    Guid Id,
    StreamId Stream,
    long Version,
    ISessionEvent Data,
    string Type,
    EventContext Context)
{
    /// <summary>When it happened, by the ledger's clock.</summary>
    public DateTimeOffset Timestamp => Data.At;
}

/// <summary>What is kept beside an event to explain where it came from.</summary>
/// <param name="UserName">Who caused it, as Marten keeps it; null when nobody in particular did.</param>
/// <param name="CorrelationId">The W3C trace id of the request, or null.</param>
/// <param name="CausationId">The W3C span id of the caller, or null.</param>
public sealed record EventContext(string? UserName = null, string? CorrelationId = null, string? CausationId = null)
{
    /// <summary>No context at all.</summary>
    public static EventContext None { get; } = new();
}

/// <summary>One session's stream. The account is part of the identity, so no read or write can cross it (docs/domain.md#words).</summary>
/// <param name="AccountId">The tenant; <c>mt_streams.tenant_id</c> holds it as lower-case text.</param>
/// <param name="SessionId">The session; <c>mt_streams.id</c>.</param>
public readonly record struct StreamId(Guid AccountId, Guid SessionId);

/// <summary>The events of a range of positions.</summary>
/// <param name="After">The positions above this one.</param>
/// <param name="Events">Those of the types that were asked for, in order.</param>
/// <param name="Through">Up to here, and including it, there are no others.</param>
public sealed record EventPage(long After, IReadOnlyList<RecordedEvent> Events, long Through)
{
    /// <summary>Those that cannot be read, in order.</summary>
    public IReadOnlyList<UnreadableEvent> Unreadable { get; init; } = [];
}

/// <summary>An event that cannot be read.</summary>
/// <param name="Position">Its place in the global order.</param>
/// <param name="Type">The stored alias.</param>
/// <param name="Fault">Why it cannot.</param>
public sealed record UnreadableEvent(long Position, string Type, UnreadableEventException Fault);

/// <summary>Where the result of a run stands in the log.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SequenceId">Its run.</param>
/// <param name="Position">The event that brought it.</param>
/// <param name="IsReport">Whether that is a report, which says all there is to say of the result.</param>
public readonly record struct ResultPlace(Guid SessionId, Guid SequenceId, long Position, bool IsReport);
