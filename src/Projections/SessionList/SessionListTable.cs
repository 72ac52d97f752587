using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.SessionList;

/// <summary>The table <c>session_list</c>, as the projection reads and writes it.</summary>
internal static class SessionListTable
{
    private const string LoadSql = """
        select r.account_id, r.session_id, r.kind, r.open, r.passed, r.failed, r.degraded, r.cancelled, r.timed_out, r.lost, r.reported,
          r.settled_at, r.last_position
        from unnest($1, $2) as k(account_id, session_id)
        join session_list r on r.account_id = k.account_id and r.session_id = k.session_id
        """;

    private const string UpdateSql = """
        update session_list r
        set status = n.status, open = n.open, passed = n.passed, failed = n.failed, degraded = n.degraded, cancelled = n.cancelled,
          timed_out = n.timed_out, lost = n.lost, reported = n.reported, settled_at = n.settled_at, last_position = n.last_position
        from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) as n(
          account_id, session_id, status, open, passed, failed, degraded, cancelled, timed_out, lost, reported, settled_at, last_position)
        where r.account_id = n.account_id and r.session_id = n.session_id
        """;

    private const string InsertSql = """
        insert into session_list (
          account_id, session_id, status, open, passed, failed, degraded, cancelled, timed_out, lost, reported, settled_at, last_position,
          number, kind, project, name, source, concurrency_group, actor_kind, actor_id, actor_name,
          environment, branch, commit_id, commit_owner, commit_message, metadata, check_ids, triggered_at)
        select
          account_id, session_id, status, open, passed, failed, degraded, cancelled, timed_out, lost, reported, settled_at, last_position,
          number, kind, project, name, source, concurrency_group, actor_kind, actor_id, actor_name,
          environment, branch, commit_id, commit_owner, commit_message, metadata, check_ids::uuid[], triggered_at
        from unnest(
          $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27,
          $28, $29, $30) as n(
          account_id, session_id, status, open, passed, failed, degraded, cancelled, timed_out, lost, reported, settled_at, last_position,
          number, kind, project, name, source, concurrency_group, actor_kind, actor_id, actor_name,
          environment, branch, commit_id, commit_owner, commit_message, metadata, check_ids, triggered_at)
        """;

    public static async Task LoadAsync(
        NpgsqlConnection connection,
        IReadOnlyList<StreamId> keys,
        Rows<StreamId, SessionListRow> rows,
        CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(LoadSql, connection);
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.AccountId));
        command.Parameters.Add(SqlArray.Of(keys, NpgsqlDbType.Uuid, key => key.SessionId));
        await command.PrepareAsync(cancellation);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            rows.Load(
                new StreamId(reader.GetGuid(0), reader.GetGuid(1)),
                new SessionListRow(
                    Words<SessionKind>.Read(reader.GetString(2)),
                    new RunTally(
                        reader.GetInt32(3),
                        reader.GetInt32(4),
                        reader.GetInt32(5),
                        reader.GetInt32(6),
                        reader.GetInt32(7),
                        reader.GetInt32(8),
                        reader.GetInt32(9),
                        reader.GetBoolean(10)),
                    reader.GetFieldValue<DateTimeOffset?>(11),
                    reader.GetInt64(12)));
        }
    }

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows) => SqlArray.Command(UpdateSql, Mutable(rows));

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows)
    {
        var facts = rows
            .Select(row => row.Value.Facts ?? throw new InvalidOperationException($"{row.Key} is not stored, and does not begin."))
            .Select(facts => (facts.Number, facts.Triggered, Git: TriggerMetadata.Of(facts.Triggered.Metadata)))
            .ToList();
        return SqlArray.Command(
            InsertSql,
            [
                .. Mutable(rows),
                SqlArray.Of(facts, NpgsqlDbType.Bigint, row => row.Number),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => Words<SessionKind>.Of(row.Triggered.Kind)),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.Project),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.Name),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => Words<SessionSource>.Of(row.Triggered.Source)),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.ConcurrencyGroup),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => Words<ActorKind>.Of(row.Triggered.Actor.Kind)),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.Actor.Id),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.Actor.Name),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Git.Environment),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Git.Branch),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Git.CommitId),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Git.CommitOwner),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Git.CommitMessage),
                SqlArray.Of(facts, NpgsqlDbType.Jsonb, row => row.Triggered.Metadata?.GetRawText()),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => ArrayText(row.Triggered.Runs.Select(run => run.CheckId))),
                SqlArray.Of(facts, NpgsqlDbType.TimestampTz, row => row.Triggered.At),
            ]);
    }

    private static NpgsqlParameter[] Mutable(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows) =>
    [
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.AccountId),
        SqlArray.Of(rows, NpgsqlDbType.Uuid, row => row.Key.SessionId),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => Words<SessionStatus>.Of(row.Value.Status)),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Open),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Passed),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Failed),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Degraded),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Cancelled),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.TimedOut),
        SqlArray.Of(rows, NpgsqlDbType.Integer, row => row.Value.Runs.Lost),
        SqlArray.Of(rows, NpgsqlDbType.Boolean, row => row.Value.Runs.Reported),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.SettledAt),
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.LastPosition),
    ];

    // unnest takes arrays of arrays apart completely, so that a set of ids travels as the text of an array.
    private static string ArrayText(IEnumerable<Guid?> ids) => $"{{{string.Join(',', ids.OfType<Guid>().Distinct())}}}";
}
