using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.RunDays;

/// <summary>The table <c>run_day_sessions</c>, as the projection reads and writes it.</summary>
internal static class RunDaySessionsTable
{
    private const string LoadSql = """
        select s.account_id, s.session_id, s.day, s.project, s.environment, s.branch, s.is_rerun
        from unnest($1, $2) as k(account_id, session_id)
        join run_day_sessions s on s.account_id = k.account_id and s.session_id = k.session_id
        """;

    private const string InsertSql = """
        insert into run_day_sessions (account_id, session_id, day, project, environment, branch, is_rerun)
        select * from unnest($1, $2, $3, $4, $5, $6, $7)
        """;

    private const string DeleteSql = """
        delete from run_day_sessions s
        using unnest($1, $2) as k(account_id, session_id)
        where s.account_id = k.account_id and s.session_id = k.session_id
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<StreamId> keys, Rows<StreamId, RunDaySession> rows, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.AddRange(Keys(keys));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(
                new StreamId(reader.GetGuid(0), reader.GetGuid(1)),
                new RunDaySession(
                    reader.GetFieldValue<DateOnly>(2),
                    new RunPlace(reader.GetStringOrNull(3), reader.GetStringOrNull(4), reader.GetStringOrNull(5)),
                    reader.GetBoolean(6)));
        }
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<StreamId, RunDaySession>> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Keys([.. rows.Select(row => row.Key)]),
            SqlArray.Of(rows, NpgsqlDbType.Date, row => row.Value.Day),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Place.Project),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Place.Environment),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Place.Branch),
            SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.IsRerun),
        ]);

    public static NpgsqlBatchCommand Delete(IReadOnlyList<StreamId> keys) => SqlArray.Command(DeleteSql, Keys(keys));

    private static NpgsqlParameter[] Keys(IReadOnlyList<StreamId> keys) =>
    [
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
        SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
    ];
}
