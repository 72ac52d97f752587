using Ledger.TestCases;

namespace Ledger.Projections.RunDays;

/// <summary>Answers: how did the plain test runs of each day end?</summary>
public sealed class RunDaysReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "run_days";

    private static readonly string Sums =
        string.Join(", ", Record<RunDayCounts>.Columns.Split(", ").Select(column => $"sum({column})::bigint as counts_{column}"));

    /// <summary>The days that have a settled run, in order.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<RunDay>> ReadAsync(RunDaysQuery query, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand();
        var conditions = ConditionsOf(query, command);
        conditions.Add("branch = {0}", query.Branch);
        conditions.Add("environment = any({0})", query.Environments?.ToArray());
        command.CommandText = $"""
            select day, {Sums} from ledger.run_days where {conditions} group by day order by day
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAllAsync<RunDay>(cancellation);
    }

    /// <summary>The environments of the project's runs in these days, whatever else the query says.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<string>> EnvironmentsAsync(RunDaysQuery query, CancellationToken cancellation = default)
    {
        await using var command = dataSource.CreateCommand();
        var conditions = ConditionsOf(query, command);
        command.CommandText = $"select distinct environment from ledger.run_days where {conditions} and environment is not null";
        return await command.ReadAllAsync(row => row.GetString(0), cancellation);
    }

    private static SqlConditions ConditionsOf(RunDaysQuery query, NpgsqlCommand command)
    {
        var conditions = new SqlConditions(command);
        conditions.Add("account_id = {0}", query.AccountId);
        conditions.Add("day >= {0}", query.From);
        conditions.Add("day <= {0}", query.Through);
        if (query.Project is null)
        {
            conditions.Add("project is null");
        }

        conditions.Add("project = {0}", query.Project);
        return conditions;
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

/// <summary>
/// How runs ended, and how many tests they had. Cancelled runs are counted beside: they are in no other number (docs/domain.md#rule-7,
/// docs/dialects/empirical.md#analytics).
/// </summary>
public sealed record RunDayCounts
{
    /// <summary>Runs that passed, degraded ones among them.</summary>
    public long Passed { get; init; }

    /// <summary>Runs that ended with a failure.</summary>
    public long Failed { get; init; }

    /// <summary>Runs that could not come to their end: they took longer than they may, or their runner vanished.</summary>
    public long Error { get; init; }

    /// <summary>Runs that were cancelled.</summary>
    public long Cancelled { get; init; }

    /// <summary>Those of <see cref="Runs"/> that repeat an earlier run.</summary>
    public long Reruns { get; init; }

    /// <summary>Tests of all <see cref="Runs"/>.</summary>
    public long TotalTests { get; init; }

    /// <summary>Tests that passed at the first try.</summary>
    public long PassedTests { get; init; }

    /// <summary>Tests that failed or timed out.</summary>
    public long FailedTests { get; init; }

    /// <summary>Tests that passed after a failed try.</summary>
    public long FlakyTests { get; init; }

    /// <summary>All runs that count: those that came to an end of their own.</summary>
    public long Runs => Passed + Failed + Error;

    /// <summary>Both together.</summary>
    public static RunDayCounts operator +(RunDayCounts one, RunDayCounts other) => new()
    {
        Passed = one.Passed + other.Passed,
        Failed = one.Failed + other.Failed,
        Error = one.Error + other.Error,
        Cancelled = one.Cancelled + other.Cancelled,
        Reruns = one.Reruns + other.Reruns,
        TotalTests = one.TotalTests + other.TotalTests,
        PassedTests = one.PassedTests + other.PassedTests,
        FailedTests = one.FailedTests + other.FailedTests,
        FlakyTests = one.FlakyTests + other.FlakyTests,
    };

    internal RunDayCounts With(IReadOnlyList<TestCase> tests) => this with
    {
        TotalTests = tests.Count,
        PassedTests = tests.Count(test => test.Status is TestCaseStatus.Passed),
        FailedTests = tests.Count(test => test.Status is TestCaseStatus.Failed or TestCaseStatus.TimedOut),
        FlakyTests = tests.Count(test => test.Status is TestCaseStatus.Flaky),
    };
}
