using System.Data;

namespace Ledger.Projections.Cancellations;

/// <summary>Answers: who asked to cancel what, when, why, and how did each end?</summary>
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

    private static readonly string LastSql = $"""
        select distinct on (session_id) {Record<AskedCancel>.Columns} from ledger.cancels
        where account_id = $1 and session_id = any($2) and outcome <> 'refused'
        order by session_id, requested_at desc, position desc
        """;

    private static readonly string AskedSql = $"select {Record<AskedCancel>.Columns} from ledger.cancels where account_id = $1 and cancel_id = any($2)";

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CancelsPage> ListAsync(CancelsQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, CancelsQuery.MaximumLimit);
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
        return await connection.ScalarAsync<long?>(FindSql, [accountId, cancelId], cancellation) is { } position
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

        return (await dataSource.QueryAsync<AskedCancel>(sql, [accountId, ids.ToArray()], cancellation)).DistinctBy(keyOf).ToDictionary(keyOf);
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
        conditions.AddAfter("requested_at", "position", query.After);
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
        select * from ledger.cancels where position = any($1) order by requested_at desc, position desc
        """;

    private const string RunsSql = """
        select r.*, c.requested_at, r.processes_left as evidence_processes_left, r.freed_ms as runner_time_freed_ms
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

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { Sql.Of(RunsSql, positions), Sql.Of(CancelsSql, positions) } };
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var read = Record<CancelledRun>.From(reader);
        var runs = (await reader.ReadAllAsync(row => (Cancel: row.GetInt64(0), Run: read(row)), cancellation)).ToLookup(run => run.Cancel, run => run.Run);
        return (await reader.ReadAllAsync<CancelEntry>(cancellation)).ConvertAll(entry => entry with { Runs = [.. runs[entry.Position]] });
    }
}

/// <summary>A request to cancel, accepted or refused, and what came of it.</summary>
/// <param name="CancelId">Its id; a refused one has the id that it would have had.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Position">The event that brought it.</param>
public sealed record CancelEntry(Guid CancelId, Guid SessionId, long Position)
{
    /// <summary>What the session executes.</summary>
    public required SessionKind SessionKind { get; init; }

    /// <summary>What people call the session.</summary>
    public required string SessionName { get; init; }

    /// <summary>The session's project, or null.</summary>
    public string? Project { get; init; }

    /// <summary>Who asked.</summary>
    public required Actor Actor { get; init; }

    /// <summary>Through which interface.</summary>
    public required CancelVia Via { get; init; }

    /// <summary>Why, as a class.</summary>
    public required CancelCause Cause { get; init; }

    /// <summary>Why, in words; null when none were given.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it was forced from the start, or escalated.</summary>
    public required bool Forced { get; init; }

    /// <summary>Who escalated it first; null when nobody did.</summary>
    public CancelEscalation? Escalation { get; init; }

    /// <summary>The successor session, for the cause <see cref="CancelCause.Superseded"/>.</summary>
    public Guid? SupersededBy { get; init; }

    /// <summary>What the client said about itself.</summary>
    public IReadOnlyDictionary<string, string>? Origin { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the last targeted run was settled, or the request refused; null while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>What came of it.</summary>
    public required CancelOutcome Outcome { get; init; }

    /// <summary>The runs that it targeted, in the order of the request.</summary>
    public IReadOnlyList<CancelledRun> Runs { get; init; } = [];

    /// <summary>The runs that were asked for and left alone, each with why.</summary>
    public IReadOnlyList<SkippedRun> Skipped { get; init; } = [];
}

/// <summary>A cancel was turned into an order to kill.</summary>
/// <param name="Actor">Who did it; the ledger's deadlines where nobody acknowledged in time.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="At">When.</param>
public sealed record CancelEscalation(Actor Actor, CancelVia Via, DateTimeOffset At);

/// <summary>What became of a targeted run: the five facts with their times. A null time says that the fact has not happened.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CheckId">Its check, if there is one.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it ran.</param>
public sealed record CancelledRun(Guid SequenceId, Guid? CheckId, string CheckType, string Name, string Location)
{
    /// <summary>When its execution had begun; null if it had not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the cancel was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the signal was first handed to the runner.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>By which channel.</summary>
    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When execution was proven over.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When the run was settled, by whichever terminal fact came first.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Whether the runner was told to kill at once.</summary>
    public required bool Forced { get; init; }

    /// <summary>How execution ended; null where a result or the deadline settled the run.</summary>
    public AbortManner? How { get; init; }

    /// <summary>The exit code of what was stopped.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it.</summary>
    public string? Signal { get; init; }

    /// <summary>From the signal to the end, in milliseconds, as the runner measured it.</summary>
    public long? DurationMs { get; init; }

    /// <summary>What the runner found when it looked; null when nobody looked.</summary>
    public StopEvidence? Evidence { get; init; }

    /// <summary>Whether the deadline settled it, without proof.</summary>
    public bool Expired => Outcome is CancelRunOutcome.Expired;

    /// <summary>Where the run stands.</summary>
    public required RunState State { get; init; }

    /// <summary>What that means for the cancel.</summary>
    public required CancelRunOutcome Outcome { get; init; }

    /// <summary>The runner time that the stop saved, in milliseconds, as an estimate; null where there is none.</summary>
    public long? RunnerTimeFreedMs { get; init; }
}

/// <summary>What came of a request to cancel. It follows from what became of the runs that it targeted; skipped runs have no part in it.</summary>
public enum CancelOutcome
{
    /// <summary>At least one targeted run is not settled.</summary>
    Pending,

    /// <summary>Every targeted run was stopped by it.</summary>
    Cancelled,

    /// <summary>Some targeted runs were stopped by it; the others had finished first.</summary>
    PartlyCancelled,

    /// <summary>Every targeted run had finished first, and kept its real result (docs/domain.md#rule-3).</summary>
    Finished,

    /// <summary>At least one targeted run was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It could target nothing.</summary>
    Refused,
}

/// <summary>What became of a run that a cancel targeted.</summary>
public enum CancelRunOutcome
{
    /// <summary>It is not settled.</summary>
    Pending,

    /// <summary>It was stopped: a runner said so, or it never started (docs/domain.md#rule-2, docs/domain.md#rule-3).</summary>
    Cancelled,

    /// <summary>It was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It ended otherwise before the cancel took effect, and kept its real result.</summary>
    Finished,
}
