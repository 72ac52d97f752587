using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>Answers: which sessions are there?</summary>
/// <param name="dataSource">The database.</param>
public sealed class SessionListReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "session_list";

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new SessionListProjection();

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<SessionListPage> ReadAsync(SessionListQuery query, CancellationToken cancellation = default)
    {
        Check(query);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select session_id, number from ledger.session_list
            where {SessionListConditions.Of(query, command)}
            order by number desc limit {query.Limit + 1} offset {query.Offset}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ListedSession>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new ListedSession(reader.GetGuid(0), reader.GetInt64(1)));
        }

        var page = found.Take(query.Limit).ToList();
        return new SessionListPage(page, found.Count > page.Count ? SessionListCursor.After(page[^1].Number) : null);
    }

    /// <summary>
    /// The same with the number of all that the query finds. One statement, so that page and number agree; it counts through every one of
    /// them.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CountedSessionList> ReadCountedAsync(SessionListQuery query, CancellationToken cancellation = default)
    {
        Check(query);
        await using var command = dataSource.CreateCommand();
        var conditions = SessionListConditions.Of(query, command);
        command.CommandText = $"""
            select counted.total, page.session_id, page.number
            from (select count(*) as total from ledger.session_list where {conditions}) counted
            left join (
              select session_id, number from ledger.session_list
              where {conditions}
              order by number desc limit {query.Limit} offset {query.Offset}
            ) page on true
            order by page.number desc
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var total = 0L;
        var page = new List<ListedSession>();
        while (await reader.ReadAsync(cancellation))
        {
            total = reader.GetInt64(0);
            if (!await reader.IsDBNullAsync(1, cancellation))
            {
                page.Add(new ListedSession(reader.GetGuid(1), reader.GetInt64(2)));
            }
        }

        return new CountedSessionList(total, page);
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
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<string>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(reader.GetString(0));
        }

        return found;
    }

    private static void Check(SessionListQuery query)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, SessionListQuery.MaximumLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
    }
}
