using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>The event store on PostgreSQL, in Marten's layout (storage.md). One per host; several hosts may share a database.</summary>
public sealed partial class PostgresEventStore : IEventStore, IAsyncDisposable
{
    private readonly Subscribers<long> _committed = new();
    private readonly ILogger _log;
    private readonly Sequencer _sequencer;
    private readonly EventReader _reader;
    private readonly Notifier? _notifier;

    /// <summary>Opens the store; connections are made when they are needed.</summary>
    /// <param name="dataSource">
    /// The database, with its schema up to date (<see cref="SchemaUpgrade"/>) and without multiplexing; it stays the caller's.
    /// </param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <param name="clock">
    /// The clock that paces retries: the real one even where a test moves the ledger's, since no decision reads it. Null for the real one.
    /// </param>
    /// <param name="log">Where outages are told; null for nowhere.</param>
    public PostgresEventStore(
        NpgsqlDataSource dataSource,
        EventStoreOptions? options = null,
        TimeProvider? clock = null,
        ILogger<PostgresEventStore>? log = null)
    {
        _log = log ?? NullLogger<PostgresEventStore>.Instance;
        options ??= new EventStoreOptions();
        clock ??= TimeProvider.System;
        _reader = new EventReader(dataSource);
        _notifier = options.NotifyOtherHosts ? new Notifier(dataSource, clock, _log) : null;
        _sequencer = new Sequencer(dataSource, options, clock, _log, Announce);
    }

    /// <summary>
    /// Calls a handler after each commit of this store, with the position of the last event; not in order when there are two writers.
    /// Handlers must be quick. Disposing the result ends the calls.
    /// </summary>
    public IDisposable OnCommitted(Action<long> handler) => _committed.Add(handler);

    /// <inheritdoc/>
    public Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation) => _sequencer.AppendAsync(unit, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        _reader.ReadStreamAsync(stream, afterVersion, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) =>
        _reader.ReadStreamsAsync(streams, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        _reader.ReadAllAsync(afterPosition, limit, cancellation);

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(CancellationToken cancellation) => _reader.ReadHeadAsync(cancellation);

    /// <inheritdoc/>
    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation) =>
        _reader.FindAnswerAsync(accountId, scope, key, cancellation);

    /// <summary>Writes what is queued, then ends; units handed in from now on are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sequencer.DisposeAsync();
        await (_notifier?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private void Announce(long head)
    {
        _committed.Publish(head, LogHandlerFailed);
        _notifier?.Announce(head);
    }

    [LoggerMessage(LogLevel.Error, "A handler of commits failed.")]
    private partial void LogHandlerFailed(Exception error);
}
