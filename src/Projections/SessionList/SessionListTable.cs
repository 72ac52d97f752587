using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Store;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.SessionList;

/// <summary>The table <c>session_list</c>, as the projection reads and writes it.</summary>
internal static class SessionListTable
{
    private const string Mutable =
        "status, open, passed, failed, degraded, cancelled, timed_out, lost, reported, settled_at, last_position, version, updated_at, run_states, "
        + "run_state, run";

    private const string Fixed =
        "number, kind, project, name, source, concurrency_group, actor_kind, actor_id, actor_name, environment, branch, commit_id, commit_owner, "
        + "commit_message, metadata, triggered_at, location, search";

    // unnest takes arrays of arrays apart completely, so that a set of ids travels as the text of an array.
    private const string Sets = "check_ids, run_ids, trigrams";

    private const string LoadSql = """
        select r.account_id, r.session_id, r.kind, r.open, r.passed, r.failed, r.degraded, r.cancelled, r.timed_out, r.lost, r.reported,
          r.settled_at, r.last_position, r.version, r.updated_at, r.run_ids, r.run_states, r.run
        from unnest($1, $2) as k(account_id, session_id)
        join session_list r on r.account_id = k.account_id and r.session_id = k.session_id
        """;

    private static readonly string UpdateSql = $"""
        update session_list r
        set ({Mutable}) = row({string.Join(", ", Mutable.Split(", ").Select(column => $"n.{column}"))})
        from unnest({Numbered(18)}) as n(account_id, session_id, {Mutable})
        where r.account_id = n.account_id and r.session_id = n.session_id
        """;

    private static readonly string InsertSql = $"""
        insert into session_list (account_id, session_id, {Mutable}, {Fixed}, {Sets})
        select account_id, session_id, {Mutable}, {Fixed}, check_ids::uuid[], run_ids::uuid[], trigrams::int[]
        from unnest({Numbered(39)}) as n(account_id, session_id, {Mutable}, {Fixed}, {Sets})
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
                new SessionListRow(Words<SessionKind>.Read(reader.GetString(2)), ReadTally(reader, 3), reader.GetInt64(13), reader.GetInt64(12))
                {
                    SettledAt = reader.GetFieldValue<DateTimeOffset?>(11),
                    UpdatedAt = reader.GetFieldValue<DateTimeOffset?>(14),
                    FirstRuns = FirstRuns.Read(reader, 15),
                    Run = reader.GetStringOrNull(17) is { } run ? RunSummary.Read(run) : null,
                });
        }
    }

    /// <summary>The tally of eight columns, from the one named on.</summary>
    public static RunTally ReadTally(NpgsqlDataReader reader, int first) => new(
        reader.GetInt32(first),
        reader.GetInt32(first + 1),
        reader.GetInt32(first + 2),
        reader.GetInt32(first + 3),
        reader.GetInt32(first + 4),
        reader.GetInt32(first + 5),
        reader.GetInt32(first + 6),
        reader.GetBoolean(first + 7));

    public static NpgsqlBatchCommand Update(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows) =>
        SqlArray.Command(UpdateSql, MutableOf(rows));

    public static NpgsqlBatchCommand Insert(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows)
    {
        var facts = rows
            .Select(row => row.Value.Facts ?? throw new InvalidOperationException($"{row.Key} is not stored, and does not begin."))
            .Select(facts => (facts.Number, facts.Triggered, Git: TriggerMetadata.Of(facts.Triggered.Metadata)))
            .Select(row => (row.Number, row.Triggered, row.Git, Search: row.Triggered.Kind is SessionKind.Test ? SearchText.Of(row.Triggered.Name, row.Git) : null))
            .ToList();
        return SqlArray.Command(
            InsertSql,
            [
                .. MutableOf(rows),
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
                SqlArray.Of(facts, NpgsqlDbType.Jsonb, row => ListedMetadata.TextOf(row.Triggered.Metadata)),
                SqlArray.Of(facts, NpgsqlDbType.TimestampTz, row => row.Triggered.At),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Triggered.Runs[0].Location),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Search),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => ArrayText(row.Triggered.Runs.Select(run => run.CheckId).OfType<Guid>().Distinct())),
                SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.FirstRuns is { } runs ? ArrayText(runs.Ids) : null),
                SqlArray.Of(facts, NpgsqlDbType.Text, row => row.Search is { } search ? ArrayText(SearchText.TrigramsOf(search)) : null),
            ]);
    }

    private static NpgsqlParameter[] MutableOf(IReadOnlyList<KeyValuePair<StreamId, SessionListRow>> rows) =>
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
        SqlArray.Of(rows, NpgsqlDbType.Bigint, row => row.Value.Version),
        SqlArray.Of(rows, NpgsqlDbType.TimestampTz, row => row.Value.UpdatedAt),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.FirstRuns?.States),
        SqlArray.Of(rows, NpgsqlDbType.Text, row => row.Value.Run is { } run ? Words<RunState>.Of(run.State) : null),
        SqlArray.Of(rows, NpgsqlDbType.Jsonb, row => row.Value.Run?.ToJson()),
    ];

    private static string ArrayText<T>(IEnumerable<T> values) => $"{{{string.Join(',', values)}}}";

    private static string Numbered(int count) => string.Join(", ", Enumerable.Range(1, count).Select(number => $"${number}"));
}
