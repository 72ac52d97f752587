using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.CheckResults;

/// <summary>The table <c>check_runs</c>, as the projection reads and writes it.</summary>
internal static class CheckRunsTable
{
    private const string LoadSql = """
        select account_id, session_id, sequence_id, check_id, check_type, location, name, started_at, cancel_id, cause
        from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join check_runs r using (account_id, session_id, sequence_id)
        """;

    private const string InsertSql = """
        insert into check_runs (account_id, session_id, sequence_id, check_id, check_type, location, name, started_at, cancel_id, cause)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        """;

    private const string UpdateSql = """
        update check_runs r set started_at = n.started_at, cancel_id = n.cancel_id, cause = n.cause
        from unnest($1, $2, $3, $4, $5, $6) as n(account_id, session_id, sequence_id, started_at, cancel_id, cause)
        where r.account_id = n.account_id and r.session_id = n.session_id and r.sequence_id = n.sequence_id
          and (r.started_at, r.cancel_id) is distinct from (n.started_at, n.cancel_id)
        """;

    private const string DeleteSql = """
        delete from check_runs r using unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        where r.account_id = k.account_id and r.session_id = k.session_id and r.sequence_id = k.sequence_id
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<RunKey> keys, Rows<RunKey, CheckRunRow> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys(keys));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(
                new RunKey(reader.GetGuid(0), reader.GetGuid(1), reader.GetGuid(2)),
                new CheckRunRow(reader.GetGuid(3), reader.GetString(4), reader.GetString(5), reader.GetString(6))
                {
                    StartedAt = reader.GetFieldValue<DateTimeOffset?>(7),
                    CancelId = reader.GetFieldValue<Guid?>(8),
                    Cause = reader.GetStringOrNull(9) is { } cause ? Words<CancelCause>.Read(cause) : null,
                });
        }
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<RunKey, CheckRunRow>> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Keys([.. rows.Select(row => row.Key)]),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Name),
            .. Changeable(rows),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<RunKey, CheckRunRow>> rows) => SqlArray.Command(
        UpdateSql,
        [.. Keys([.. rows.Select(row => row.Key)]), .. Changeable(rows)]);

    public static NpgsqlBatchCommand Delete(IReadOnlyList<RunKey> keys) => SqlArray.Command(DeleteSql, Keys(keys));

    private static NpgsqlParameter[] Changeable(IReadOnlyList<KeyValuePair<RunKey, CheckRunRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.StartedAt),
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.CancelId),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Cause is { } cause ? Words<CancelCause>.Of(cause) : null),
    ];

    private static NpgsqlParameter[] Keys(IReadOnlyList<RunKey> keys) =>
    [
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SequenceId),
    ];
}
