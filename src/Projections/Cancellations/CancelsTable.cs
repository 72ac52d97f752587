using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Cancellations;

/// <summary>The table <c>cancels</c>, as the projection reads and writes it.</summary>
internal static class CancelsTable
{
    /// <summary>What the fold needs of a request, in the order in which <see cref="Read"/> reads it.</summary>
    public const string Columns =
        "c.position, c.requested_at, c.cause, c.via, c.targets, c.forced, c.escalation, c.cancelled, c.expired, c.finished, c.settled_at";

    private const string LoadSql = $"""
        select c.account_id, c.session_id, c.cancel_id, {Columns}
        from unnest($1, $2, $3) as k(account_id, session_id, cancel_id)
        join cancels c using (account_id, session_id, cancel_id)
        """;

    private const string InsertSql = """
        insert into cancels (
          position, account_id, session_id, cancel_id, session_kind, session_name, project, actor_kind, actor_id, actor_name, via, cause,
          reason, superseded_by, origin, requested_at, targets, skipped_count, skipped,
          forced, escalation, settled_at, cancelled, expired, finished, outcome)
        select * from unnest(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
        """;

    private const string UpdateSql = """
        update cancels c set
          forced = n.forced, escalation = n.escalation, settled_at = n.settled_at, cancelled = n.cancelled, expired = n.expired,
          finished = n.finished, outcome = n.outcome
        from unnest($1, $2, $3, $4, $5, $6, $7, $8)
          as n(position, forced, escalation, settled_at, cancelled, expired, finished, outcome)
        where c.position = n.position
        """;

    /// <summary>Loads requests by their ids.</summary>
    public static NpgsqlBatchCommand Load(IReadOnlyList<CancelKey> keys) => SqlArray.Command(
        LoadSql,
        [
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId),
            SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.CancelId),
        ]);

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) => SqlArray.Command(
        InsertSql,
        [
            SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Position),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.CancelId),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<SessionKind>.Of(row.Value.Facts!.Session.Kind)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Session.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Session.Project),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<ActorKind>.Of(row.Value.Facts!.Actor.Kind)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Actor.Id),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Actor.Name),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelVia>.Of(row.Value.Via)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelCause>.Of(row.Value.Cause)),
            SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Facts!.Reason),
            SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Value.Facts!.SupersededBy),
            SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => Json(row.Value.Facts!.Origin)),
            SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.RequestedAt),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Targets),
            SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Facts!.Skipped.Count),
            SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => Json(row.Value.Facts!.Skipped)),
            .. Changeable(rows),
        ]);

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) => SqlArray.Command(
        UpdateSql, [SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Position), .. Changeable(rows)]);

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static CancelRow Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetFieldValue<DateTimeOffset>(first + 1),
        Words<CancelCause>.Read(row.GetString(first + 2)),
        Words<CancelVia>.Read(row.GetString(first + 3)),
        row.GetInt32(first + 4))
    {
        Forced = row.GetBoolean(first + 5),
        Escalation = row.GetStringOrNull(first + 6),
        Cancelled = row.GetInt32(first + 7),
        Expired = row.GetInt32(first + 8),
        Finished = row.GetInt32(first + 9),
        SettledAt = row.GetFieldValue<DateTimeOffset?>(first + 10),
    };

    private static NpgsqlParameter[] Changeable(IReadOnlyList<KeyValuePair<CancelKey, CancelRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Forced),
        SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => row.Value.Escalation),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.SettledAt),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Cancelled),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Expired),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Finished),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<CancelOutcome>.Of(row.Value.Outcome)),
    ];

    private static string? Json<T>(T? value)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, CancelJson.Options);
}
