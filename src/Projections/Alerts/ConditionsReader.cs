using Ledger.Projections.CheckResults;

namespace Ledger.Projections.Alerts;

/// <summary>
/// Answers: how does a check stand at each location, and since when? Kept by the projection of <see cref="AlertsReader.ProjectionName"/>.
/// </summary>
public sealed class ConditionsReader(NpgsqlDataSource dataSource)
{
    /// <summary>The locations that an answer shows at most.</summary>
    public const int MaximumLocations = 1_000;

    private static readonly string ListSql = $"""
        select {ConditionsTable.Columns} from ledger.check_conditions where account_id = $1 and check_id = $2
        order by array_position(array['failing', 'degraded', 'passing'], condition), location limit {MaximumLocations}
        """;

    /// <summary>The worst locations first, then by name; empty when no run of the check counts.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<LocationCondition>> ListAsync(Guid accountId, Guid checkId, CancellationToken cancellation = default) =>
        await dataSource.QueryAsync(ListSql, [accountId, checkId], ConditionsTable.Read, cancellation);
}

/// <summary>How a check stands at one location.</summary>
/// <param name="Location">The location.</param>
/// <param name="CheckName">What the last run's session calls the check.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Condition">Its condition.</param>
/// <param name="Since">When the first run of this condition was settled.</param>
/// <param name="LastRun">The last run that counts.</param>
/// <param name="IncidentId">The open incident that the location belongs to; null for none.</param>
public sealed record LocationCondition(
    string Location,
    string CheckName,
    string CheckType,
    CheckCondition Condition,
    DateTimeOffset Since,
    LastCountedRun LastRun,
    Guid? IncidentId)
{
    /// <summary>The event that settled the first run of this condition.</summary>
    internal long SincePosition { get; init; }

    /// <summary>How it stands after a further run that counts.</summary>
    internal static LocationCondition After(LocationCondition? before, ResultFact run, CheckCondition condition, Guid? incidentId)
    {
        var goesOn = before?.Condition == condition;
        return new(
            run.Location,
            run.Name,
            run.CheckType,
            condition,
            goesOn ? before!.Since : run.CreatedAt,
            new LastCountedRun(run.Run.SessionId, run.Run.SequenceId, run.Outcome!.Value, run.ResponseTime, run.CreatedAt, run.Position),
            incidentId)
        {
            SincePosition = goesOn ? before!.SincePosition : run.Position,
        };
    }
}

/// <summary>The last run of a check at a location that counts: settled, in a check session, not cancelled.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="ResponseTime">In milliseconds; null when no length is known.</param>
/// <param name="SettledAt">When it was settled.</param>
/// <param name="Position">The event that settled it.</param>
public sealed record LastCountedRun(
    Guid SessionId, Guid SequenceId, RunState Outcome, long? ResponseTime, DateTimeOffset SettledAt, long Position);
