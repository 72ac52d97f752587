namespace Ledger.Store;

/// <summary>
/// The port to the event store: append with an expected version, read one stream, read everything in order. Narrow enough for Marten
/// itself to stand behind it (storage.md).
/// </summary>
public interface IEventStore
{
    /// <summary>Writes a unit durably, all of it or nothing. The task ends after the commit.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached; the caller may repeat the request later.</exception>
    /// <exception cref="UnstorableEventException">The database refuses the data of this unit; no repeat will help.</exception>
    Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation);

    /// <summary>The events of one stream after a version, in order; empty when there are none.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="afterVersion">0 for the whole stream.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation);

    /// <summary>The events of several streams, each after a version of its own, in one round trip; ordered by stream, then version.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation);

    /// <summary>All events of all accounts after a position, in the global order, at most <paramref name="limit"/>.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation);

    /// <summary>
    /// The events of some types within a range of positions, in the global order. A page ends early when its events are large, so that
    /// the memory of who reads in large pages is bounded; it always comes further than <paramref name="after"/>.
    /// </summary>
    /// <param name="after">The positions above this one,</param>
    /// <param name="through">up to and including this one, which is not beyond the head and more than <paramref name="after"/>.</param>
    /// <param name="types">The stored aliases; null for all. Events of other types are neither sent nor read.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    async Task<EventPage> ReadPageAsync(long after, long through, IReadOnlyCollection<string>? types, CancellationToken cancellation)
    {
        var events = await ReadAllAsync(after, checked((int)(through - after)), cancellation);
        return new EventPage(types is null ? events : [.. events.Where(recorded => types.Contains(recorded.Type))], through);
    }

    /// <summary>The position of the last event; 0 when there is none.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    Task<long> ReadHeadAsync(CancellationToken cancellation);

    /// <summary>The answer that was given under an idempotency key, or null.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation);
}

/// <summary>The events of a range of positions.</summary>
/// <param name="Events">Those of the types that were asked for.</param>
/// <param name="Through">Up to here, and including it, there are no others.</param>
public sealed record EventPage(IReadOnlyList<RecordedEvent> Events, long Through);
