using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckStatus;

/// <summary>The table <c>ledger.check_statuses</c>, as the projection reads and writes it.</summary>
internal static class CheckStatusTable
{
    // Runs of no registered check have the nil uuid: they are nobody's status.
    private const string SettledRunsSql = """
        select account_id, check_id, position, name, location, has_failures, has_errors, is_degraded, created_at, is_cancelled, response_time
        from ledger.check_results
        where position = any($1) and result_type = 'FINAL' and check_id <> '00000000-0000-0000-0000-000000000000'
        order by position
        """;

    private const string Columns = """
        account_id, check_id, last_position, name, last_location, has_failures, has_errors, is_degraded, longest_run, shortest_run,
        created_at, updated_at
        """;

    private const string LoadSql = $"""
        select {Columns} from unnest($1, $2) as k(account_id, check_id) join ledger.check_statuses s using (account_id, check_id)
        """;

    private const string UpsertSql = $"""
        insert into ledger.check_statuses ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) as n({Columns})
        on conflict (account_id, check_id) do update set
          last_position = excluded.last_position, name = excluded.name, last_location = excluded.last_location,
          has_failures = excluded.has_failures, has_errors = excluded.has_errors, is_degraded = excluded.is_degraded,
          longest_run = excluded.longest_run, shortest_run = excluded.shortest_run, updated_at = excluded.updated_at
        """;

    public static async Task<IReadOnlyList<SettledRun>> SettledRunsAsync(
        NpgsqlConnection connection, IReadOnlyList<long> positions, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(SettledRunsSql, connection);
        command.Parameters.Add(SqlArray.Of(positions, NpgsqlDbType.Bigint, position => position));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var runs = new List<SettledRun>();
        while (await reader.ReadAsync(cancellation))
        {
            runs.Add(new SettledRun(
                new CheckKey(reader.GetGuid(0), reader.GetGuid(1)),
                ReadRun(reader, settledAt: 8),
                reader.GetBoolean(9),
                reader.GetFieldValue<long?>(10)));
        }

        return runs;
    }

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
                    ReadRun(reader, settledAt: 11),
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

    /// <summary>A run from the columns 2 to 7 and the one that says when it was settled.</summary>
    private static LastRun ReadRun(NpgsqlDataReader row, int settledAt) => new(
        row.GetInt64(2),
        row.GetString(3),
        row.GetString(4),
        row.GetBoolean(5),
        row.GetBoolean(6),
        row.GetBoolean(7),
        row.GetFieldValue<DateTimeOffset>(settledAt));
}
