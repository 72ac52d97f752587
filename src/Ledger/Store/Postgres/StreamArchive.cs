using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>
/// Moves streams to the archived partitions, where active ones do not carry them along. Nothing that is read changes: every read looks
/// at both, and an append finds its stream in either.
/// </summary>
/// <param name="dataSource">The store's database.</param>
public sealed class StreamArchive(NpgsqlDataSource dataSource)
{
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
            await using var command = dataSource.CreateCommand("select ledger.archive_streams($1, $2, $3)");
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(moved => moved.Stream.AccountId)] });
            command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. streams.Select(moved => moved.Stream.SessionId)] });
            command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. streams.Select(moved => moved.Version)] });
            return (int)(long)(await command.ExecuteScalarAsync(cancellation))!;
        }
        catch (NpgsqlException outage)
        {
            throw Failure.ForCaller(outage);
        }
    }
}
