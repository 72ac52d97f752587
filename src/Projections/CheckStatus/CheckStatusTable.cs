using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckStatus;

/// <summary>The table <c>check_statuses</c>, as the projection reads and writes it.</summary>
internal static class CheckStatusTable
{
    private const string Columns = """
        account_id, check_id, last_position, name, last_location, has_failures, has_errors, is_degraded, longest_run, shortest_run,
        created_at, updated_at
        """;

    private const string LoadSql = $"""
        select {Columns} from unnest($1, $2) as k(account_id, check_id) join check_statuses s using (account_id, check_id)
        """;

    private const string UpsertSql = $"""
        insert into check_statuses ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as n({Columns})
        on conflict (account_id, check_id) do update set
          last_position = excluded.last_position, name = excluded.name, last_location = excluded.last_location,
          has_failures = excluded.has_failures, has_errors = excluded.has_errors, is_degraded = excluded.is_degraded,
          longest_run = excluded.longest_run, shortest_run = excluded.shortest_run, updated_at = excluded.updated_at
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckKey> keys, Rows<CheckKey, CheckStatusRow> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId));
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.CheckId));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(
                new CheckKey(reader.GetGuid(0), reader.GetGuid(1)),
                new CheckStatusRow(
                    new LastRun(
                        reader.GetInt64(2),
                        reader.GetString(3),
                        reader.GetString(4),
                        reader.GetBoolean(5),
                        reader.GetBoolean(6),
                        reader.GetBoolean(7),
                        reader.GetFieldValue<DateTimeOffset>(11)),
                    reader.GetFieldValue<long?>(8),
                    reader.GetFieldValue<long?>(9),
                    reader.GetFieldValue<DateTimeOffset>(10)));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<CheckKey, CheckStatusRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.Position),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Location),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.HasFailures),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.HasErrors),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Last.IsDegraded),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.LongestRun),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.ShortestRun),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.CreatedAt),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Last.SettledAt),
        ]);
}
