using Ledger.Projections.CheckResults;

namespace Ledger.Projections.CheckStatus;

/// <summary>Answers: how does each check stand?</summary>
public sealed class CheckStatusReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "check_status";

    private static readonly string ListSql = $"select {Record<CheckStanding>.Columns} from ledger.check_statuses where account_id = $1";

    /// <summary>All checks of an account that have a run which counts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<CheckStanding>> ListAsync(Guid accountId, CancellationToken cancellation = default) =>
        await dataSource.QueryAsync<CheckStanding>($"{ListSql} order by name, check_id", [accountId], cancellation);

    /// <summary>One check; null when no run of it counts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CheckStanding?> FindAsync(Guid accountId, Guid checkId, CancellationToken cancellation = default) =>
        (await dataSource.QueryAsync<CheckStanding>($"{ListSql} and check_id = $2", [accountId, checkId], cancellation)).SingleOrDefault();
}

/// <summary>
/// How a check stands after its last run that counts: settled, in a check session, not cancelled (docs/dialects/checkly.md#check-statuses).
/// </summary>
/// <param name="CheckId">The check.</param>
/// <param name="Name">What the last session calls it.</param>
/// <param name="HasFailures">Whether the last run failed.</param>
/// <param name="HasErrors">Whether it could not be executed properly.</param>
/// <param name="IsDegraded">Whether it was slower than it should be.</param>
/// <param name="LongestRun">The longest run, in milliseconds; null when no length is known.</param>
/// <param name="ShortestRun">The shortest run.</param>
/// <param name="LastLocation">Where the last run ran.</param>
/// <param name="LastPosition">The event that settled it.</param>
/// <param name="CreatedAt">When the first run was settled.</param>
/// <param name="UpdatedAt">When the last run was settled.</param>
public sealed record CheckStanding(
    Guid CheckId,
    string Name,
    bool HasFailures,
    bool HasErrors,
    bool IsDegraded,
    long? LongestRun,
    long? ShortestRun,
    string LastLocation,
    long LastPosition,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    /// <summary>How it stands after a further run that counts.</summary>
    internal static CheckStanding After(CheckStanding? before, ResultFact run) => new(
        run.CheckId,
        run.Name,
        run.HasFailures,
        run.HasErrors,
        run.IsDegraded,
        ((long?[])[before?.LongestRun, run.ResponseTime]).Max(),
        ((long?[])[before?.ShortestRun, run.ResponseTime]).Min(),
        run.Location,
        run.Position,
        before?.CreatedAt ?? run.CreatedAt,
        run.CreatedAt);
}
