using System.Data;
using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Npgsql;

namespace Ledger.Projections.Cancellations;

/// <summary>Answers: who asked to cancel what, when, why, and how did each end?</summary>
/// <param name="dataSource">The database.</param>
public sealed class CancelsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "cancellations";

    /// <summary>
    /// Runs on a page, at most, unless its only entry has more: entries with thousands of runs make a page shorter, not memory larger.
    /// </summary>
    internal const int MaximumRuns = 10_000;

    private const string FindSql =
        "select position from ledger.cancels where account_id = $1 and cancel_id = $2 order by position limit 1";

    private const string LastSql = $"""
        select distinct on (session_id) {AskedCancel.Columns} from ledger.cancels
        where account_id = $1 and session_id = any($2) and outcome <> 'refused'
        order by session_id, requested_at desc, position desc
        """;

    private const string AskedSql = $"select {AskedCancel.Columns} from ledger.cancels where account_id = $1 and cancel_id = any($2)";

    /// <summary>The projection that keeps the rows; it needs that of the results beside it.</summary>
    public static Projection CreateProjection() => new CancellationsProjection();

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancelsPage> ListAsync(CancelsQuery query, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, CancelsQuery.MaximumLimit);
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        var (places, more) = await FindAsync(connection, query, cancellation);
        var entries = await CancelEntries.ReadAsync(connection, [.. places.Select(place => place.Position)], cancellation);
        return new CancelsPage(entries, more ? places[^1] : null);
    }

    /// <summary>One request; null when the account has none of this id.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancelEntry?> FindAsync(Guid accountId, Guid cancelId, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var snapshot = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        await using var command = new NpgsqlCommand(FindSql, connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = accountId }, new NpgsqlParameter<Guid> { TypedValue = cancelId } },
        };
        return await command.ExecuteScalarAsync(cancellation) is long position
            ? (await CancelEntries.ReadAsync(connection, [position], cancellation)).SingleOrDefault()
            : null;
    }

    /// <summary>The last accepted request for each of some sessions; none for those that nobody wanted to cancel.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyDictionary<Guid, AskedCancel>> LastOfAsync(
        Guid accountId, IReadOnlyCollection<Guid> sessionIds, CancellationToken cancellation = default) =>
        AskedAsync(LastSql, accountId, sessionIds, asked => asked.SessionId, cancellation);

    /// <summary>Requests by their ids, without their runs; unknown ones are left out.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyDictionary<Guid, AskedCancel>> FindManyAsync(
        Guid accountId, IReadOnlyCollection<Guid> cancelIds, CancellationToken cancellation = default) =>
        AskedAsync(AskedSql, accountId, cancelIds, asked => asked.CancelId, cancellation);

    private async Task<IReadOnlyDictionary<Guid, AskedCancel>> AskedAsync(
        string sql, Guid accountId, IReadOnlyCollection<Guid> ids, Func<AskedCancel, Guid> keyOf, CancellationToken cancellation)
    {
        if (ids.Count == 0)
        {
            return new Dictionary<Guid, AskedCancel>();
        }

        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = accountId });
        command.Parameters.Add(new NpgsqlParameter<Guid[]> { TypedValue = [.. ids] });
        return (await command.ReadAllAsync(AskedCancel.Read, cancellation)).DistinctBy(keyOf).ToDictionary(keyOf);
    }

    private static async Task<(IReadOnlyList<TimeCursor> Places, bool More)> FindAsync(
        NpgsqlConnection connection, CancelsQuery query, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand { Connection = connection };
        command.CommandText = CancelsConditions.Select(query, query.Limit + 1, command);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var places = new List<TimeCursor>();
        var runs = 0L;
        while (await reader.ReadAsync(cancellation))
        {
            runs += reader.GetInt32(2);
            if (places.Count == query.Limit || (places.Count > 0 && runs > MaximumRuns))
            {
                return (places, More: true);
            }

            places.Add(new TimeCursor(reader.GetFieldValue<DateTimeOffset>(1), reader.GetInt64(0)));
        }

        return (places, More: false);
    }
}

/// <summary>Which requests to cancel to list, newest first. A filter that is null or empty lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record CancelsQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 500;

    /// <summary>Only requests at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only requests before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only those of an actor of this id or name.</summary>
    public string? Actor { get; init; }

    /// <summary>Only those for sessions of this project.</summary>
    public string? Project { get; init; }

    /// <summary>Only those through these interfaces.</summary>
    public IReadOnlyList<CancelVia> Via { get; init; } = [];

    /// <summary>Only those for these causes.</summary>
    public IReadOnlyList<CancelCause> Causes { get; init; } = [];

    /// <summary>Only those that came to this.</summary>
    public IReadOnlyList<CancelOutcome> Outcomes { get; init; } = [];

    /// <summary>Only those after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;
}

/// <summary>One page of a list.</summary>
/// <param name="Entries">Newest first; fewer than the limit where their runs are very many.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record CancelsPage(IReadOnlyList<CancelEntry> Entries, TimeCursor? Next);

/// <summary>
/// The statement that finds the requests of a query. Only the filters that are there stand in it, so that the database can choose an index
/// for them; an actor is looked for by id and by name on its own, each along its index.
/// </summary>
internal static class CancelsConditions
{
    /// <summary>The position, the time and the number of runs of each request, newest first; the values are added to the command.</summary>
    public static string Select(CancelsQuery query, int limit, NpgsqlCommand command)
    {
        var conditions = new SqlConditions(command);
        conditions.Add("account_id = {0}", query.AccountId);
        conditions.Add("project = {0}", query.Project);
        conditions.Add("requested_at >= {0}", query.From?.ToUniversalTime());
        conditions.Add("requested_at < {0}", query.To?.ToUniversalTime());
        AddWords(conditions, "via", query.Via);
        AddWords(conditions, "cause", query.Causes);
        AddWords(conditions, "outcome", query.Outcomes);
        if (query.After is { } after)
        {
            conditions.Add($"(requested_at, position) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }

        if (query.Actor is null)
        {
            return Select($"{conditions}", limit);
        }

        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = query.Actor });
        var actor = $"${command.Parameters.Count}";
        return $"""
            select * from (
              ({Select($"{conditions} and actor_id = {actor}", limit)})
              union
              ({Select($"{conditions} and actor_name = {actor}", limit)})) found
            order by requested_at desc, position desc limit {limit}
            """;
    }

    private static string Select(string conditions, int limit) => $"""
        select position, requested_at, targets + skipped_count as runs from ledger.cancels where {conditions}
        order by requested_at desc, position desc limit {limit}
        """;

    // One word as such, not as a list of one: then an index gives its rows in the order of the list.
    private static void AddWords<T>(SqlConditions conditions, string column, IReadOnlyList<T> values)
        where T : struct, Enum
    {
        if (values.Count == 1)
        {
            conditions.Add($"{column} = {{0}}", Words<T>.Of(values[0]));
        }
        else if (values.Count > 1)
        {
            conditions.Add($"{column} = any({{0}})", values.Select(Words<T>.Of).ToArray());
        }
    }
}

/// <summary>Reads whole entries: the requests and their runs, in the caller's snapshot.</summary>
internal static class CancelEntries
{
    private const string CancelsSql = """
        select position, cancel_id, session_id, session_kind, session_name, project, actor_kind, actor_id, actor_name, via, cause, reason,
          forced, escalation, superseded_by, origin, requested_at, settled_at, outcome, skipped
        from ledger.cancels where position = any($1)
        order by requested_at desc, position desc
        """;

    private const string RunsSql = """
        select r.cancel_position, r.sequence_id, r.check_id, r.check_type, r.name, r.location, r.started_at, c.requested_at, r.delivered_at,
          r.channel, r.acknowledged_at, r.stopped_at, r.settled_at, r.forced, r.how, r.exit_code, r.signal, r.duration_ms,
          r.processes_left, r.state, r.outcome, r.freed_ms
        from ledger.cancel_runs r join ledger.cancels c on c.position = r.cancel_position
        where r.cancel_position = any($1)
        order by r.cancel_position, r.ordinal
        """;

    /// <summary>The requests of these positions, newest first.</summary>
    public static async Task<IReadOnlyList<CancelEntry>> ReadAsync(
        NpgsqlConnection connection, long[] positions, CancellationToken cancellation)
    {
        if (positions.Length == 0)
        {
            return [];
        }

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Command(RunsSql, positions), Command(CancelsSql, positions) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var runs = new Dictionary<long, List<CancelledRun>>();
        while (await reader.ReadAsync(cancellation))
        {
            if (!runs.TryGetValue(reader.GetInt64(0), out var ofCancel))
            {
                runs.Add(reader.GetInt64(0), ofCancel = []);
            }

            ofCancel.Add(ReadRun(reader));
        }

        await reader.NextResultAsync(cancellation);
        var entries = new List<CancelEntry>();
        while (await reader.ReadAsync(cancellation))
        {
            entries.Add(ReadCancel(reader, runs.GetValueOrDefault(reader.GetInt64(0)) ?? []));
        }

        return entries;
    }

    private static CancelEntry ReadCancel(NpgsqlDataReader row, IReadOnlyList<CancelledRun> runs) =>
        new(row.GetGuid(1), row.GetGuid(2), row.GetInt64(0))
        {
            SessionKind = Words<SessionKind>.Read(row.GetString(3)),
            SessionName = row.GetString(4),
            Project = row.GetStringOrNull(5),
            Actor = new Actor(Words<ActorKind>.Read(row.GetString(6)), row.GetString(7), row.GetStringOrNull(8)),
            Via = Words<CancelVia>.Read(row.GetString(9)),
            Cause = Words<CancelCause>.Read(row.GetString(10)),
            Reason = row.GetStringOrNull(11),
            Forced = row.GetBoolean(12),
            Escalation = Json<CancelEscalation>(row, 13),
            SupersededBy = row.GetFieldValue<Guid?>(14),
            Origin = Json<Dictionary<string, string>>(row, 15),
            RequestedAt = row.GetFieldValue<DateTimeOffset>(16),
            SettledAt = row.GetFieldValue<DateTimeOffset?>(17),
            Outcome = Words<CancelOutcome>.Read(row.GetString(18)),
            Runs = runs,
            Skipped = Json<List<SkippedRun>>(row, 19) ?? [],
        };

    private static CancelledRun ReadRun(NpgsqlDataReader row) =>
        new(row.GetGuid(1), row.GetFieldValue<Guid?>(2), row.GetString(3), row.GetString(4), row.GetString(5))
        {
            StartedAt = row.GetFieldValue<DateTimeOffset?>(6),
            RequestedAt = row.GetFieldValue<DateTimeOffset>(7),
            DeliveredAt = row.GetFieldValue<DateTimeOffset?>(8),
            Channel = row.GetStringOrNull(9) is { } channel ? Words<DeliveryChannel>.Read(channel) : null,
            AcknowledgedAt = row.GetFieldValue<DateTimeOffset?>(10),
            StoppedAt = row.GetFieldValue<DateTimeOffset?>(11),
            SettledAt = row.GetFieldValue<DateTimeOffset?>(12),
            Forced = row.GetBoolean(13),
            How = row.GetStringOrNull(14) is { } how ? Words<AbortManner>.Read(how) : null,
            ExitCode = row.GetFieldValue<int?>(15),
            Signal = row.GetStringOrNull(16),
            DurationMs = row.GetFieldValue<long?>(17),
            Evidence = row.GetFieldValue<int?>(18) is { } left ? new StopEvidence(left) : null,
            State = Words<RunState>.Read(row.GetString(19)),
            Outcome = Words<CancelRunOutcome>.Read(row.GetString(20)),
            RunnerTimeFreedMs = row.GetFieldValue<long?>(21),
        };

    private static T? Json<T>(NpgsqlDataReader row, int column)
        where T : class => row.GetStringOrNull(column) is { } json ? JsonSerializer.Deserialize<T>(json, CancelJson.Options) : null;

    private static NpgsqlBatchCommand Command(string sql, long[] positions) =>
        new(sql) { Parameters = { new NpgsqlParameter<long[]> { TypedValue = positions } } };
}
