using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;
using Marten;
using Npgsql;

namespace Ledger.Bench;

/// <summary>The database under measurement, with the ledger's schema, and its store opened by the options of the product.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private const int SessionsPerCommit = 200;

    private BenchDatabase(NpgsqlDataSource source)
    {
        Source = source;
        Store = LedgerStore.Open(source);
        Log = new EventLog(source);
    }

    public NpgsqlDataSource Source { get; }

    public DocumentStore Store { get; }

    public EventLog Log { get; }

    public static async Task<BenchDatabase> CreateAsync(string connectionString)
    {
        // As the host opens it.
        var builder = new NpgsqlDataSourceBuilder(connectionString)
        {
            ConnectionStringBuilder = { MaxPoolSize = 40, MaxAutoPrepare = 50, AutoPrepareMinUsages = 2 },
        };
        var source = builder.Build();
        await SchemaUpgrade.ApplyAsync(source, [], CancellationToken.None);
        return new BenchDatabase(source);
    }

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

    /// <summary>Appends one event to each of some streams, which all stand at a version, in one commit.</summary>
    public async Task AppendAsync(IEnumerable<(StreamId Stream, ISessionEvent Data)> events, long version)
    {
        await using var session = Store.LightweightSession();
        foreach (var (stream, data) in events)
        {
            session.ForTenant(stream.AccountId.ToString()).Events.Append(stream.SessionId, version + 1, data);
        }

        await session.SaveChangesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Source.DisposeAsync();
    }
}
