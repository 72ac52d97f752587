using Npgsql;
using NpgsqlTypes;

namespace Ledger.Store.Postgres;

/// <summary>
/// Finds out whether a unit whose connection was lost had been written after all. It is asked only after a repeat of the unit was
/// refused: the repeat took the head lock, so a first try that was still under way has been decided by then, and one that comes
/// even later finds its version or its key taken.
/// </summary>
internal sealed class UnknownOutcome(NpgsqlDataSource dataSource, TimeSpan timeout)
{
    private const string Sql = """
        select a.n, e.seq_id
        from unnest($1, $2, $3, $4) with ordinality as a(account, stream, version, id, n)
        cross join lateral (
          select e.seq_id from ledger.mt_events e
          where e.tenant_id = a.account::text and e.stream_id = a.stream and e.version = a.version and e.id = a.id
          limit 1
        ) e
        order by a.n
        """;

    /// <summary>
    /// The first positions of each append if the unit stands in the store, or null. Null also for a unit of answers alone: tried again, it
    /// finds its own answer under its key, which is the answer to give.
    /// </summary>
    public async Task<long[]?> FindAsync(AppendUnit unit)
    {
        if (unit.Appends.Count == 0)
        {
            return null;
        }

        await using var connection = await dataSource.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(Sql, connection) { CommandTimeout = Math.Max(1, (int)timeout.TotalSeconds) };
        command.Parameters.Add(new() { Value = unit.Appends.Select(append => append.Stream.AccountId).ToArray() });
        command.Parameters.Add(new() { Value = unit.Appends.Select(append => append.Stream.SessionId).ToArray() });
        command.Parameters.Add(new()
        {
            Value = unit.Appends.Select(append => append.ExpectedVersion + 1).ToArray(),
            NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Bigint,
        });
        command.Parameters.Add(new() { Value = unit.Appends.Select(append => append.Events[0].Id).ToArray() });

        var positions = new List<long>(unit.Appends.Count);
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            positions.Add(reader.GetInt64(1));
        }

        return positions.Count == unit.Appends.Count ? [.. positions] : null;
    }
}
