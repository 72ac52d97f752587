using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Alerts;

/// <summary>One check of one account at one location.</summary>
internal readonly record struct ConditionKey(CheckKey Check, string Location)
{
    /// <summary>The check and the location of a result.</summary>
    public static ConditionKey Of(ResultFact result) => new(CheckKey.Of(result), result.Location);
}

/// <summary>How a check stands at one location.</summary>
/// <param name="Condition">Its condition.</param>
/// <param name="Since">The first run of this condition.</param>
/// <param name="Last">The last run that counts.</param>
/// <param name="IncidentId">The open incident that the location belongs to: from its failure until it passes again.</param>
internal sealed record ConditionRow(CheckCondition Condition, ConditionStart Since, CountedRun Last, Guid? IncidentId)
{
    /// <summary>How it stands after a further run that counts.</summary>
    public static ConditionRow After(ConditionRow? before, ResultFact run, CheckCondition condition, Guid? incidentId) => new(
        condition,
        before?.Condition == condition ? before.Since : new ConditionStart(run.Position, run.CreatedAt),
        CountedRun.Of(run),
        incidentId);
}

/// <summary>Where a condition began.</summary>
/// <param name="Position">The event that settled its first run.</param>
/// <param name="At">When.</param>
internal readonly record struct ConditionStart(long Position, DateTimeOffset At);

/// <summary>A run that counts, as the condition of its check shows it.</summary>
/// <param name="Position">The event that settled it.</param>
/// <param name="SettledAt">When.</param>
/// <param name="Run">The run.</param>
/// <param name="Name">What its session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ResponseTime">In milliseconds; null when no length is known.</param>
internal sealed record CountedRun(
    long Position, DateTimeOffset SettledAt, RunKey Run, string Name, string CheckType, RunState Outcome, long? ResponseTime)
{
    public static CountedRun Of(ResultFact run) => new(
        run.Position, run.CreatedAt, run.Run, run.Name, run.CheckType, run.Outcome!.Value, run.ResponseTime);
}

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
