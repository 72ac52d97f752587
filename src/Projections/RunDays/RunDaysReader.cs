using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.RunDays;

/// <summary>Answers: how did the plain test runs of each day end?</summary>
/// <param name="dataSource">The database.</param>
public sealed class RunDaysReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "run_days";

    private const string OfProject = "account_id = $1 and project is not distinct from $2 and day between $3 and $4";

    private const string Sums = """
        sum(passed)::bigint, sum(failed)::bigint, sum(error)::bigint, sum(cancelled)::bigint, sum(reruns)::bigint,
        sum(total_tests)::bigint, sum(passed_tests)::bigint, sum(failed_tests)::bigint, sum(flaky_tests)::bigint
        """;

    private const string DaysSql = $"""
        select day, {Sums} from ledger.run_days
        where {OfProject} and ($5 is null or branch = $5) and ($6 is null or environment = any($6))
        group by day order by day
        """;

    private const string EnvironmentsSql =
        $"select distinct environment from ledger.run_days where {OfProject} and environment is not null";

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new RunDaysProjection();

    /// <summary>The days that have a settled run, in order.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<RunDay>> ReadAsync(RunDaysQuery query, CancellationToken cancellation = default) => QueryAsync(
        DaysSql,
        query,
        [
            new NpgsqlParameter { Value = query.Branch ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text },
            new NpgsqlParameter
            {
                Value = query.Environments?.ToArray() ?? (object)DBNull.Value,
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
            },
        ],
        row => new RunDay(row.GetFieldValue<DateOnly>(0), new RunDayCounts
        {
            Passed = row.GetInt64(1),
            Failed = row.GetInt64(2),
            Error = row.GetInt64(3),
            Cancelled = row.GetInt64(4),
            Reruns = row.GetInt64(5),
            TotalTests = row.GetInt64(6),
            PassedTests = row.GetInt64(7),
            FailedTests = row.GetInt64(8),
            FlakyTests = row.GetInt64(9),
        }),
        cancellation);

    /// <summary>The environments of the project's runs in these days, whatever else the query says.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<string>> EnvironmentsAsync(RunDaysQuery query, CancellationToken cancellation = default) =>
        QueryAsync(EnvironmentsSql, query, [], row => row.GetString(0), cancellation);

    private async Task<IReadOnlyList<T>> QueryAsync<T>(
        string sql, RunDaysQuery query, NpgsqlParameter[] further, Func<NpgsqlDataReader, T> read, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = query.AccountId });
        command.Parameters.Add(new NpgsqlParameter { Value = query.Project ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = query.From });
        command.Parameters.Add(new NpgsqlParameter<DateOnly> { TypedValue = query.Through });
        command.Parameters.AddRange(further);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<T>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(read(reader));
        }

        return found;
    }
}

/// <summary>Which days, and which runs of them.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="Project">The project; null for the account's default one.</param>
/// <param name="From">The first UTC day on which the runs were triggered.</param>
/// <param name="Through">The last one.</param>
public sealed record RunDaysQuery(Guid AccountId, string? Project, DateOnly From, DateOnly Through)
{
    /// <summary>Only runs of this branch; null for all.</summary>
    public string? Branch { get; init; }

    /// <summary>Only runs in these environments; null for all.</summary>
    public IReadOnlyCollection<string>? Environments { get; init; }
}

/// <summary>The runs that were triggered on one UTC day and are settled.</summary>
/// <param name="Day">The day.</param>
/// <param name="Counts">How they ended.</param>
public sealed record RunDay(DateOnly Day, RunDayCounts Counts);
