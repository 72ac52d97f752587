using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>The table <c>check_conditions</c>, as the projection reads and writes it.</summary>
internal static class ConditionsTable
{
    private const string Columns = """
        account_id, check_id, location, check_name, check_type, condition, since, since_position, last_position, last_session_id,
        last_sequence_id, last_outcome, last_response_time, last_settled_at, incident_id
        """;

    private const string SelectSql = $"""
        select {Columns} from unnest($1, $2, $3) as k(account_id, check_id, location)
        join check_conditions c using (account_id, check_id, location)
        """;

    private const string UpsertSql = $"""
        insert into check_conditions ({Columns})
        select {Columns} from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) as n({Columns})
        on conflict (account_id, check_id, location) do update set
          check_name = excluded.check_name, check_type = excluded.check_type, condition = excluded.condition, since = excluded.since,
          since_position = excluded.since_position, last_position = excluded.last_position, last_session_id = excluded.last_session_id,
          last_sequence_id = excluded.last_sequence_id, last_outcome = excluded.last_outcome,
          last_response_time = excluded.last_response_time, last_settled_at = excluded.last_settled_at,
          incident_id = excluded.incident_id
        """;

    public static NpgsqlBatchCommand Select(IReadOnlyList<ConditionKey> keys) => SqlArray.Command(
        SelectSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.Check.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.Check.CheckId),
            SqlArray.Of(keys, NpgsqlDbType.Text, key => key.Location),
        ]);

    public static async Task LoadAsync(NpgsqlDataReader reader, AlertRows rows, CancellationToken cancellation)
    {
        while (await reader.ReadAsync(cancellation))
        {
            var check = new CheckKey(reader.GetGuid(0), reader.GetGuid(1));
            rows.Conditions.Load(
                new ConditionKey(check, reader.GetString(2)),
                new ConditionRow(
                    Words<CheckCondition>.Read(reader.GetString(5)),
                    new ConditionStart(reader.GetInt64(7), reader.GetFieldValue<DateTimeOffset>(6)),
                    new CountedRun(
                        reader.GetInt64(8),
                        reader.GetFieldValue<DateTimeOffset>(13),
                        new RunKey(check.AccountId, reader.GetGuid(9), reader.GetGuid(10)),
                        reader.GetString(3),
                        reader.GetString(4),
                        Words<RunState>.Read(reader.GetString(11)),
                        reader.GetFieldValue<long?>(12)),
                    reader.GetFieldValue<Guid?>(14)));
        }
    }

    public static NpgsqlBatchCommand Upsert(IReadOnlyList<KeyValuePair<ConditionKey, ConditionRow>> rows) => SqlArray.Command(
        UpsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.Check.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.Check.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Key.Location),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Last.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CheckCondition>.Of(row.Value.Condition)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Since.At),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Since.Position),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Last.Run.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Last.Run.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Value.Last.Outcome)),
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Last.ResponseTime),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Last.SettledAt),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.IncidentId),
        ]);
}
