using Ledger.Projections.Daemon;
using Npgsql;

namespace Ledger.Projections.CheckStatus;

/// <summary>Answers: how does each check stand?</summary>
/// <param name="dataSource">The database.</param>
public sealed class CheckStatusReader(NpgsqlDataSource dataSource)
{
    /// <summary>What to wait for before a read that must see a write (<see cref="ReadModelProgress.WaitForAsync"/>).</summary>
    public const string ProjectionName = "check_status";

    private const string ListSql = """
        select check_id, name, has_failures, has_errors, is_degraded, longest_run, shortest_run, last_location, last_position,
          created_at, updated_at
        from ledger.check_statuses where account_id = $1
        """;

    /// <summary>The projection that keeps the rows.</summary>
    public static Projection CreateProjection() => new CheckStatusProjection();

    /// <summary>All checks of an account that have a run which counts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public Task<IReadOnlyList<CheckStanding>> ListAsync(Guid accountId, CancellationToken cancellation = default) =>
        QueryAsync($"{ListSql} order by name, check_id", [accountId], cancellation);

    /// <summary>One check; null when no run of it counts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<CheckStanding?> FindAsync(Guid accountId, Guid checkId, CancellationToken cancellation = default) =>
        (await QueryAsync($"{ListSql} and check_id = $2", [accountId, checkId], cancellation)).SingleOrDefault();

    private async Task<IReadOnlyList<CheckStanding>> QueryAsync(string sql, Guid[] ids, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(sql);
        foreach (var id in ids)
        {
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<CheckStanding>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new CheckStanding(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetBoolean(2),
                reader.GetBoolean(3),
                reader.GetBoolean(4),
                reader.GetFieldValue<long?>(5),
                reader.GetFieldValue<long?>(6),
                reader.GetString(7),
                reader.GetInt64(8),
                reader.GetFieldValue<DateTimeOffset>(9),
                reader.GetFieldValue<DateTimeOffset>(10)));
        }

        return found;
    }
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
    DateTimeOffset UpdatedAt);
