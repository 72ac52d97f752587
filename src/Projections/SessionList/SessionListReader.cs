using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>Answers: which sessions are there?</summary>
public sealed class SessionListReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "session_list";

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new SessionListProjection();

    private const string Columns =
        "account_id, session_id, number, version, last_position, kind, status, project, name, source, actor_kind, actor_id, actor_name, "
        + "concurrency_group, metadata, triggered_at, settled_at, updated_at, location, open, passed, failed, degraded, cancelled, timed_out, lost, "
        + "reported, run_ids, run_states, run";

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<SessionListPage<SessionSummary>> ReadAsync(SessionListQuery query, CancellationToken cancellation = default) =>
        PageAsync(query, Columns, Read, session => session.Number, cancellation);

    /// <summary>The same without what they look like.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<SessionListPage<FoundSession>> FindAsync(SessionListQuery query, CancellationToken cancellation = default) => PageAsync(
        query, "session_id, number", row => new FoundSession(row.GetGuid(0), row.GetInt64(1)), session => session.Number, cancellation);

    /// <summary>
    /// The same with the number of all that the query finds. One statement, so that page and number agree; it counts through every one of
    /// them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CountedSessionList> ReadCountedAsync(SessionListQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, SessionListQuery.MaximumLimit, query.Offset);
        await using var command = dataSource.CreateCommand();
        var conditions = SessionListConditions.Of(query, command);
        command.CommandText = $"""
            select page.*, counted.total
            from (select count(*) as total from ledger.session_list where {conditions}) counted
            left join (
              select {Columns} from ledger.session_list
              where {conditions}
              order by number desc limit {query.Limit} offset {query.Offset}
            ) page on true
            order by page.number desc
            """;
        var rows = await command.ReadAllAsync(
            row => (Total: row.GetInt64(row.FieldCount - 1), Session: row.IsDBNull(0) ? null : Read(row)), cancellation);
        return new CountedSessionList(rows[0].Total, [.. rows.Select(row => row.Session).OfType<SessionSummary>()]);
    }

    /// <summary>The environments of the sessions that a query finds, on whichever page, each once.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<string>> EnvironmentsAsync(SessionListQuery query, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select distinct environment from ledger.session_list
            where environment is not null and {SessionListConditions.Of(query, command)}
            """;
        return await command.ReadAllAsync(row => row.GetString(0), cancellation);
    }

    private async Task<SessionListPage<T>> PageAsync<T>(
        SessionListQuery query, string columns, Func<NpgsqlDataReader, T> read, Func<T, long> numberOf, CancellationToken cancellation)
    {
        Sql.RejectBeyond(query.Limit, SessionListQuery.MaximumLimit, query.Offset);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select {columns} from ledger.session_list
            where {SessionListConditions.Of(query, command)}
            order by number desc limit {query.Limit + 1} offset {query.Offset}
            """;
        var (page, next) = await command.ReadPageAsync(query.Limit, read, numberOf, cancellation);
        return new SessionListPage<T>(page, next is { } number ? SessionListCursor.After(number) : null);
    }

    private static SessionSummary Read(NpgsqlDataReader row) => new()
    {
        AccountId = row.GetGuid(0),
        SessionId = row.GetGuid(1),
        Number = row.GetInt64(2),
        Version = row.GetInt64(3),
        Position = row.GetInt64(4),
        Kind = Words<SessionKind>.Read(row.GetString(5)),
        Status = Words<SessionStatus>.Read(row.GetString(6)),
        Project = row.GetStringOrNull(7),
        Name = row.GetString(8),
        Source = Words<SessionSource>.Read(row.GetString(9)),
        Actor = new Actor(Words<ActorKind>.Read(row.GetString(10)), row.GetString(11), row.GetStringOrNull(12)),
        ConcurrencyGroup = row.GetStringOrNull(13),
        Metadata = row.GetStringOrNull(14) is { } metadata ? JsonSerializer.Deserialize<JsonElement>(metadata) : null,
        TriggeredAt = row.GetFieldValue<DateTimeOffset>(15),
        SettledAt = row.GetFieldValue<DateTimeOffset?>(16),
        UpdatedAt = row.GetFieldValue<DateTimeOffset?>(17),
        Location = row.GetString(18),
        Runs = SessionListTable.ReadTally(row, 19),
        FirstRuns = FirstRuns.Read(row, 27),
        Run = row.GetStringOrNull(29) is { } run ? RunSummary.Read(run) : null,
    };
}
