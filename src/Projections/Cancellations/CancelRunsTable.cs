using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>cancel_runs</c>, as the projection reads and writes it.</summary>
internal static class CancelRunsTable
{
    private const string LoadSql = $"""
        select r.account_id, r.session_id, r.sequence_id, c.cancel_id, r.ordinal, r.check_id, r.check_type, r.name, r.location,
          r.timeout_seconds, r.started_at, r.forced, r.delivered_at, r.channel, r.acknowledged_at, {CancelsTable.Columns}
        from unnest($1, $2, $3) as k(account_id, session_id, sequence_id)
        join cancel_runs r using (account_id, session_id, sequence_id)
        join cancels c on c.position = r.cancel_position
        where r.settled_at is null
        """;

    private const string InsertSql = """
        insert into cancel_runs (
          cancel_position, ordinal, account_id, session_id, sequence_id, check_id, check_type, name, location, timeout_seconds, started_at,
          forced, delivered_at, channel, acknowledged_at, stopped_at, settled_at, how, exit_code, signal, duration_ms, processes_left,
          state, outcome, freed_ms)
        select * from unnest(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
        """;

    private const string UpdateSql = """
        update cancel_runs r set
          forced = n.forced, delivered_at = n.delivered_at, channel = n.channel, acknowledged_at = n.acknowledged_at,
          stopped_at = n.stopped_at, settled_at = n.settled_at, how = n.how, exit_code = n.exit_code, signal = n.signal,
          duration_ms = n.duration_ms, processes_left = n.processes_left, state = n.state, outcome = n.outcome, freed_ms = n.freed_ms
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
          as n(cancel_position, ordinal, forced, delivered_at, channel, acknowledged_at, stopped_at, settled_at, how, exit_code, signal,
            duration_ms, processes_left, state, outcome, freed_ms)
        where r.cancel_position = n.cancel_position and r.ordinal = n.ordinal
        """;

    /// <summary>Loads the open runs among these, each with its request.</summary>
    public static NpgsqlBatchCommand Load(IReadOnlyList<RunKey> keys) => SqlArray.Command(
        LoadSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SequenceId),
        ]);

    /// <summary>Puts a loaded row into a fold.</summary>
    public static void Read(NpgsqlDataReader row, CancelFold fold)
    {
        var key = new RunKey(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2));
        var cancelId = row.GetGuid(3);
        var cancel = CancelsTable.Read(row, 15);
        var plan = new TargetedRun(
            row.GetFieldValue<Guid?>(5),
            row.GetString(6),
            row.GetString(7),
            row.GetString(8),
            row.GetFieldValue<int?>(9),
            row.GetFieldValue<DateTimeOffset?>(10));
        fold.Runs.Load(key, new CancelRunRow(cancelId, cancel.Position, row.GetInt32(4), plan)
        {
            Forced = row.GetBoolean(11),
            DeliveredAt = row.GetFieldValue<DateTimeOffset?>(12),
            Channel = row.GetStringOrNull(13) is { } channel ? Words<DeliveryChannel>.Read(channel) : null,
            AcknowledgedAt = row.GetFieldValue<DateTimeOffset?>(14),
        });
        fold.Cancels.Load(new CancelKey(key.AccountId, key.SessionId, cancelId), cancel);
    }

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) => SqlArray.Command(
        InsertSql,
        [
            .. Place(rows),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SequenceId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Plan.CheckId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.CheckType),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Plan.Location),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Plan.TimeoutSeconds),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.Plan.StartedAt),
            .. Changeable(rows),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
        SqlArray.Command(UpdateSql, [.. Place(rows), .. Changeable(rows)]);

    private static NpgsqlParameter[] Place(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.CancelPosition),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Ordinal),
    ];

    private static NpgsqlParameter[] Changeable(IReadOnlyList<KeyValuePair<RunKey, CancelRunRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Forced),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.DeliveredAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Channel is { } channel ? Words<DeliveryChannel>.Of(channel) : null),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.AcknowledgedAt),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.StoppedAt),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.SettledAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Aborted is { How: var how } ? Words<AbortManner>.Of(how) : null),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Aborted?.ExitCode),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Aborted?.Signal),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Aborted?.DurationMs),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Aborted?.Evidence?.ProcessesLeft),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<RunState>.Of(row.Value.State)),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelRunOutcome>.Of(row.Value.Outcome)),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.FreedMs),
    ];
}
