namespace Ledger.Projections.CheckResults;

/// <summary>Answers: which results does a check have?</summary>
public sealed class CheckResultsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "check_results";

    // The newest, should runners of several sessions have given one id to their reports.
    private static readonly string FindSql = $"""
        select {Record<ListedResult>.Columns} from ledger.check_results
        where account_id = $1 and check_id = $2 and coalesce(report_id, sequence_id) = any(array[$3, $4])
          and (report_id = $3 or (report_id is null and sequence_id = $4))
        order by position desc limit 1
        """;

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CheckResultsPage> ListAsync(CheckResultsQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, CheckResultsQuery.MaximumLimit, query.Offset);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select {Record<ListedResult>.Columns} from ledger.check_results r
            where {ConditionsOf(query, command)}
            order by created_at desc, position desc limit {query.Limit + 1} offset {query.Offset}
            """;
        var (page, next) = await command.ReadPageAsync(
            query.Limit, (ListedResult result) => new TimeCursor(result.CreatedAt, result.Position), cancellation);
        return new CheckResultsPage(page, next);
    }

    /// <summary>One result of a check; null when it has none of these.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="checkId">The check.</param>
    /// <param name="reportId">The report that brought the result;</param>
    /// <param name="sequenceId">or the run that no report settled.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<ListedResult?> FindAsync(
        Guid accountId, Guid checkId, Guid reportId, Guid sequenceId, CancellationToken cancellation = default) =>
        (await dataSource.QueryAsync<ListedResult>(FindSql, [accountId, checkId, reportId, sequenceId], cancellation)).FirstOrDefault();

    private static SqlConditions ConditionsOf(CheckResultsQuery query, NpgsqlCommand command)
    {
        var conditions = new SqlConditions(command);
        conditions.Add("account_id = {0}", query.AccountId);
        conditions.Add("check_id = {0}", query.CheckId);
        conditions.AddProject("r", query.Project);
        conditions.Add("result_type = {0}", Words<ResultType>.OrNull(query.ResultType));
        conditions.Add("location = {0}", query.Location);
        conditions.Add("check_type = {0}", query.CheckType);
        conditions.Add("created_at >= {0}", query.From?.ToUniversalTime());
        conditions.Add("created_at < {0}", query.To?.ToUniversalTime());
        if (query.HasFailures is { } hasFailures)
        {
            conditions.Add(hasFailures ? "has_failures" : "not has_failures");
        }

        conditions.AddAfter("created_at", "position", query.After);
        return conditions;
    }
}

/// <summary>Which results of one check to list, newest first. A filter that is null lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="CheckId">The check.</param>
public sealed record CheckResultsQuery(Guid AccountId, Guid CheckId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only results of this project's sessions; those are known once the session list has come as far.</summary>
    public string? Project { get; init; }

    /// <summary>Only failed tries, or only settled runs.</summary>
    public ResultType? ResultType { get; init; }

    /// <summary>Only this location.</summary>
    public string? Location { get; init; }

    /// <summary>Only this type of check: a check may change its own.</summary>
    public string? CheckType { get; init; }

    /// <summary>Only results with failures, or only results without.</summary>
    public bool? HasFailures { get; init; }

    /// <summary>Only results that the ledger learnt of at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only results that the ledger learnt of before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only results after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many to pass over.</summary>
    public long Offset { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 10;
}

/// <summary>One page of a list.</summary>
/// <param name="Results">Newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record CheckResultsPage(IReadOnlyList<ListedResult> Results, TimeCursor? Next);

/// <summary>A result in a list; what it looks like is read from its session's stream.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SequenceId">Its run.</param>
/// <param name="ReportId">The report that brought it; null where no report settled the run.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="Position">The event that brought it.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
public sealed record ListedResult(
    Guid SessionId, Guid SequenceId, Guid? ReportId, ResultType ResultType, long Position, DateTimeOffset CreatedAt);
