using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.OpenRuns;

/// <summary>The table <c>open_runs</c>, as the projection reads and writes it.</summary>
internal static class OpenRunsTable
{
    private const string Columns = """
        account_id, session_id, sequence_id, session_number, ordinal, project, concurrency_group, location, check_type, timeout_seconds,
        state, runner_id, lease_seconds, claimed_at, started_at, cancel_id, cancel_requested_at, cancel_forced, cancel_acknowledged
        """;

    private const string LoadSql = $"""
        select {Columns} from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join open_runs r using (account_id, session_id, sequence_id)
        """;

    private const string UpsertSql = $"""
        insert into open_runs ({Columns})
        select {Columns}
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) as n({Columns})
        on conflict (account_id, session_id, sequence_id) do update set
          state = excluded.state, runner_id = excluded.runner_id, lease_seconds = excluded.lease_seconds,
          claimed_at = excluded.claimed_at, started_at = excluded.started_at, cancel_id = excluded.cancel_id,
          cancel_requested_at = excluded.cancel_requested_at, cancel_forced = excluded.cancel_forced,
          cancel_acknowledged = excluded.cancel_acknowledged
        """;

    private const string DeleteSql = """
        delete from open_runs r using unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        where r.account_id = k.account_id and r.session_id = k.session_id and r.sequence_id = k.sequence_id
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<RunKey> keys, Rows<RunKey, OpenRunRow> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys(keys));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(new RunKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)), Read(reader));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<RunKey, OpenRunRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            .. Keys([.. rows.Select(row => row.Key)]),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.SessionNumber),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Ordinal),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Project),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.ConcurrencyGroup),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.TimeoutSeconds),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Value.State)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.RunnerId),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.LeaseSeconds),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.ClaimedAt),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.StartedAt),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.CancelRequestedAt),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.CancelForced),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.CancelAcknowledged),
        ]);

    public static NpgsqlBatchCommand Delete(IReadOnlyList<RunKey> keys) => SqlArray.Command(DeleteSql, Keys(keys));

    private static OpenRunRow Read(NpgsqlDataReader row) => new()
    {
        SessionNumber = row.GetInt64(3),
        Ordinal = row.GetInt32(4),
        Project = row.GetStringOrNull(5),
        ConcurrencyGroup = row.GetStringOrNull(6),
        Location = row.GetString(7),
        CheckType = row.GetString(8),
        TimeoutSeconds = row.GetFieldValue<int?>(9),
        State = Words<RunState>.Read(row.GetString(10)),
        RunnerId = row.GetStringOrNull(11),
        LeaseSeconds = row.GetInt32(12),
        ClaimedAt = row.GetFieldValue<DateTimeOffset?>(13),
        StartedAt = row.GetFieldValue<DateTimeOffset?>(14),
        CancelId = row.GetFieldValue<Guid?>(15),
        CancelRequestedAt = row.GetFieldValue<DateTimeOffset?>(16),
        CancelForced = row.GetBoolean(17),
        CancelAcknowledged = row.GetBoolean(18),
    };

    private static NpgsqlParameter[] Keys(IReadOnlyList<RunKey> keys) =>
    [
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SequenceId),
    ];
}
