using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;
using Ledger.Streams;
using Marten;
using Npgsql;

namespace Ledger.Bench;

/// <summary>The database under measurement, with the ledger's schema, and its store opened by the options of the product.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private const int SessionsPerCommit = 200;

    private readonly BackgroundLoops loops = new();
    private readonly SessionChanges changes;

    private BenchDatabase(NpgsqlDataSource source)
    {
        Source = source;
        Store = LedgerStore.Open(source);
        Log = new EventLog(source);
        changes = new SessionChanges(Log);
    }

    public NpgsqlDataSource Source { get; }

    public DocumentStore Store { get; }

    public EventLog Log { get; }

    public static async Task<BenchDatabase> CreateAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create(AsAHostDoes(connectionString));
        await SchemaUpgrade.ApplyAsync(source, [], CancellationToken.None);
        var database = new BenchDatabase(source);
        await new ChangeNotes(source, database.changes, database.loops).StartAsync(CancellationToken.None);
        return database;
    }

    /// <summary>How to connect with the pool and the prepared statements of a host.</summary>
    public static NpgsqlConnectionStringBuilder AsAHostDoes(string connectionString) =>
        new(connectionString) { MaxPoolSize = 40, MaxAutoPrepare = 50, AutoPrepareMinUsages = 2 };

    /// <summary>Writes whole streams, as another host would have.</summary>
    public Task WriteAsync(Guid account, IEnumerable<(Guid Session, IReadOnlyList<ISessionEvent> Events)> streams) =>
        Parallel.ForEachAsync(
            streams.Chunk(SessionsPerCommit),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (chunk, cancellation) =>
            {
                await using var session = Store.LightweightSession(account.ToString());
                foreach (var (id, events) in chunk)
                {
                    session.Events.StartStream<Session>(id, events.Cast<object>());
                }

                await session.SaveChangesAsync(cancellation);
            });

    /// <summary>Appends one event to each of some streams, which all stand at a version, in one commit, and tells hosts of it as one would.</summary>
    public async Task AppendAsync(IReadOnlyList<(StreamId Stream, ISessionEvent Data)> events, long version)
    {
        await using var session = Store.LightweightSession();
        foreach (var (stream, data) in events)
        {
            session.ForTenant(stream.AccountId.ToString()).Events.Append(stream.SessionId, version + 1, data);
        }

        await session.SaveChangesAsync();
        changes.CommittedUnheard(events.Select(each => each.Stream));
    }

    public async ValueTask DisposeAsync()
    {
        await loops.DisposeAsync();
        await Store.DisposeAsync();
        await Source.DisposeAsync();
    }
}
