using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Npgsql;

namespace Ledger.Projections.CheckResults;

/// <summary>Answers: which results does a check have?</summary>
/// <param name="dataSource">The database.</param>
public sealed class CheckResultsReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ProjectionDaemon.WaitForAsync"/>).</summary>
    public const string ProjectionName = "check_results";

    private const string Columns = "session_id, sequence_id, report_id, result_type, position, created_at";

    // The newest, should runners of several sessions have given one id to their reports.
    private const string FindSql = $"""
        select {Columns} from ledger.check_results
        where account_id = $1 and check_id = $2 and coalesce(report_id, sequence_id) = any(array[$3, $4])
          and (report_id = $3 or (report_id is null and sequence_id = $4))
        order by position desc limit 1
        """;

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new CheckResultsProjection();

    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit or the offset is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CheckResultsPage> ListAsync(CheckResultsQuery query, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, CheckResultsQuery.MaximumLimit);
        ArgumentOutOfRangeException.ThrowIfNegative(query.Offset);
        await using var command = dataSource.CreateCommand();
        command.CommandText = $"""
            select {Columns} from ledger.check_results r
            where {string.Join(" and ", ConditionsOf(query, command))}
            order by created_at desc, position desc limit {query.Limit + 1} offset {query.Offset}
            """;
        var found = await ReadAsync(command, cancellation);
        var page = found.Take(query.Limit).ToList();
        return new CheckResultsPage(page, found.Count > page.Count ? new TimeCursor(page[^1].CreatedAt, page[^1].Position) : null);
    }

    /// <summary>One result of a check; null when it has none of these.</summary>
    /// <param name="accountId">The tenant.</param>
    /// <param name="checkId">The check.</param>
    /// <param name="reportId">The report that brought the result;</param>
    /// <param name="sequenceId">or the run that no report settled.</param>
    /// <param name="cancellation">Ends the read.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<ListedResult?> FindAsync(
        Guid accountId, Guid checkId, Guid reportId, Guid sequenceId, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand(FindSql);
        foreach (var value in (Guid[])[accountId, checkId, reportId, sequenceId])
        {
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = value });
        }

        return (await ReadAsync(command, cancellation)).FirstOrDefault();
    }

    /// <summary>Only the filters that are there stand in the statement, so that the database can choose an index for them.</summary>
    private static IReadOnlyList<string> ConditionsOf(CheckResultsQuery query, NpgsqlCommand command)
    {
        var conditions = new List<string>();
        Add("account_id = {0}", query.AccountId);
        Add("check_id = {0}", query.CheckId);
        Add(
            "exists (select from ledger.session_list s where s.account_id = r.account_id and s.session_id = r.session_id and s.project = {0})",
            query.Project);
        Add("result_type = {0}", query.ResultType is { } type ? Words<ResultType>.Of(type) : null);
        Add("location = {0}", query.Location);
        Add("check_type = {0}", query.CheckType);
        Add("created_at >= {0}", query.From?.ToUniversalTime());
        Add("created_at < {0}", query.To?.ToUniversalTime());
        if (query.HasFailures is { } hasFailures)
        {
            conditions.Add(hasFailures ? "has_failures" : "not has_failures");
        }

        if (query.After is { } after)
        {
            Add($"(created_at, position) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }

        return conditions;

        void Add(string condition, object? value)
        {
            if (value is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = value });
                conditions.Add(condition.Replace("{0}", $"${command.Parameters.Count}"));
            }
        }
    }

    private static async Task<IReadOnlyList<ListedResult>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ListedResult>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new ListedResult(
                reader.GetGuid(0),
                reader.GetGuid(1),
                reader.GetFieldValue<Guid?>(2),
                Words<ResultType>.Read(reader.GetString(3)),
                reader.GetInt64(4),
                reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return found;
    }
}
