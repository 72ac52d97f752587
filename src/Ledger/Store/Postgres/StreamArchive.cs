using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>
/// Marks streams as archived, as Marten does, so that its queries and daemon pass them by. Nothing that the ledger reads changes: its reads
/// look at both, and a late append takes the mark off again.
/// </summary>
/// <param name="dataSource">The store's database.</param>
public sealed class StreamArchive(NpgsqlDataSource dataSource)
{
    // What the package itself does to one stream, for many, and only where nothing was appended since the version was read.
    private const string Sql = """
        with moved as (
          update ledger.mt_streams s set is_archived = true
          from unnest($1, $2, $3) as a(account, stream, version)
          where s.tenant_id = a.account::text and s.id = a.stream and s.version = a.version and not s.is_archived
          returning s.tenant_id, s.id
        ),
        events as (
          update ledger.mt_events e set is_archived = true from moved m
          where e.tenant_id = m.tenant_id and e.stream_id = m.id and not e.is_archived
        )
        select count(*) from moved
        """;

    /// <summary>
    /// Moves streams, in one transaction that keeps appends waiting: few at a time. Those that have moved on since, or were moved
    /// already, stay where they are.
    /// </summary>
    /// <param name="streams">The streams, each once, with the version that the caller has seen.</param>
    /// <param name="cancellation">Ends the wait; nothing is moved by half.</param>
    /// <returns>How many were moved.</returns>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<int> ArchiveAsync(IReadOnlyList<(StreamId Stream, long Version)> streams, CancellationToken cancellation)
    {
        if (streams.Count == 0)
        {
            return 0;
        }

        try
        {
            await using var command = dataSource.CreateCommand(Sql);
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(moved => moved.Stream.AccountId)] });
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(moved => moved.Stream.SessionId)] });
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. streams.Select(moved => moved.Version)] });
            return (int)(long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (NpgsqlException outage)
        {
            throw Outage.ForCaller(outage);
        }
    }
}
