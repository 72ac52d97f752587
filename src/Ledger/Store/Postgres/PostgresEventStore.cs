using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>The event store on PostgreSQL, in Marten's layout (storage.md). One per host; several hosts may share a database.</summary>
public sealed partial class PostgresEventStore : IEventStore, IAsyncDisposable
{
    private readonly Subscribers<Commit> committed = new();
    private readonly ILogger log;
    private readonly Sequencer sequencer;
    private readonly EventReader reader;
    private readonly Notifier? notifier;

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
        this.log = log ?? NullLogger<PostgresEventStore>.Instance;
        options ??= new EventStoreOptions();
        clock ??= TimeProvider.System;
        reader = new EventReader(dataSource);
        notifier = options.NotifyOtherHosts ? new Notifier(dataSource, clock, this.log) : null;
        sequencer = new Sequencer(dataSource, options, clock, this.log, Announce);
    }

    /// <summary>
    /// Calls a handler after each commit of this store; not in order when there are two writers.
    /// Handlers must be quick. Disposing the result ends the calls.
    /// </summary>
    public IDisposable OnCommitted(Action<Commit> handler) => committed.Add(handler);

    /// <inheritdoc/>
    public Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation) => sequencer.AppendAsync(unit, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        reader.ReadStreamAsync(stream, afterVersion, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) =>
        reader.ReadStreamsAsync(streams, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        reader.ReadAllAsync(afterPosition, limit, cancellation);

    /// <inheritdoc/>
    public Task<EventPage> ReadPageAsync(
        long after, long through, IReadOnlyCollection<string>? types, CancellationToken cancellation) =>
        reader.ReadPageAsync(after, through, types, cancellation);

    /// <inheritdoc/>
    public Task<long> ReadHeadAsync(CancellationToken cancellation) => reader.ReadHeadAsync(cancellation);

    /// <inheritdoc/>
    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation) =>
        reader.FindAnswerAsync(accountId, scope, key, cancellation);

    /// <summary>Writes what is queued, then ends; units handed in from now on are refused.</summary>
    public async ValueTask DisposeAsync()
    {
        await sequencer.DisposeAsync();
        await (notifier?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private void Announce(Commit commit)
    {
        committed.Publish(commit, LogHandlerFailed);
        notifier?.Announce(commit.Head);
    }

    [LoggerMessage(LogLevel.Error, "A handler of commits failed.")]
    private partial void LogHandlerFailed(Exception error);
}
