namespace Ledger.Projections.SessionList;

/// <summary>Answers: which sessions are there?</summary>
public sealed class SessionListReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "session_list";

    private const string Columns = $"""
        account_id, session_id, number, version, last_position as position, kind, status, project, name, source, actor_kind, actor_id, actor_name,
        concurrency_group, metadata, triggered_at, settled_at, updated_at, location, {SessionListTable.RunColumns}
        """;

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<SessionListPage<SessionSummary>> ReadAsync(SessionListQuery query, CancellationToken cancellation = default) =>
        PageAsync<SessionSummary>(query, Columns, session => session.Number, cancellation);

    /// <summary>The same without what they look like.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<SessionListPage<FoundSession>> FindAsync(SessionListQuery query, CancellationToken cancellation = default) => PageAsync<FoundSession>(
        query, Record<FoundSession>.Columns, session => session.Number, cancellation);

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
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var read = Record<SessionSummary>.From(reader);
        var rows = await reader.ReadAllAsync(
            row => (Total: row.GetInt64(row.FieldCount - 1), Session: row.IsDBNull(0) ? null : read(row)), cancellation);
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
        SessionListQuery query, string columns, Func<T, long> numberOf, CancellationToken cancellation)
    {
        Sql.RejectBeyond(query.Limit, SessionListQuery.MaximumLimit, query.Offset);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select {columns} from ledger.session_list
            where {SessionListConditions.Of(query, command)}
            order by number desc limit {query.Limit + 1} offset {query.Offset}
            """;
        var (page, next) = await command.ReadPageAsync(query.Limit, numberOf, cancellation);
        return new SessionListPage<T>(page, next is { } number ? SessionListCursor.After(number) : null);
    }
}
