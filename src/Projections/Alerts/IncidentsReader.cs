namespace Ledger.Projections.Alerts;

/// <summary>Answers: which incidents are there? Kept by the projection of <see cref="AlertsReader.ProjectionName"/>.</summary>
public sealed class IncidentsReader(NpgsqlDataSource dataSource)
{
    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IncidentsPage> ListAsync(IncidentsQuery query, CancellationToken cancellation = default)
    {
        Sql.RejectBeyond(query.Limit, IncidentsQuery.MaximumLimit);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("account_id = {0}", query.AccountId);
        conditions.Add("check_id = {0}", query.CheckId);
        if (query.IsOpen is { } isOpen)
        {
            conditions.Add(isOpen ? "resolved_position is null" : "resolved_position is not null");
        }

        conditions.AddAfter("opened_at", "opened_position", query.After);
        command.CommandText = $"""
            select {Record<ListedIncident>.Columns} from ledger.incidents where {conditions}
            order by opened_at desc, opened_position desc limit {query.Limit + 1}
            """;
        var (page, next) = await command.ReadPageAsync(
            query.Limit, (ListedIncident incident) => new TimeCursor(incident.OpenedAt, incident.OpenedPosition), cancellation);
        return new IncidentsPage(page, next);
    }
}

/// <summary>Which incidents of one account to list, newest first. A filter that is null lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record IncidentsQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only open ones, or only resolved ones.</summary>
    public bool? IsOpen { get; init; }

    /// <summary>Only this check.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>Only incidents after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;
}

/// <summary>One page of a list.</summary>
/// <param name="Incidents">Newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record IncidentsPage(IReadOnlyList<ListedIncident> Incidents, TimeCursor? Next);

/// <summary>An incident in a list.</summary>
/// <param name="IncidentId">Its id, the same at every rebuild.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What the session calls it whose run opened the incident.</param>
/// <param name="OpenedAt">When the first location failed.</param>
/// <param name="OpenedPosition">The event that settled that run.</param>
/// <param name="ResolvedAt">When the last location that failed passed again; null while the incident is open.</param>
/// <param name="ResolvedPosition">The event that settled that run.</param>
/// <param name="Locations">All locations that failed in it.</param>
/// <param name="FailingLocations">Those that have not passed since.</param>
/// <param name="Alerts">How many alerts became due for these locations.</param>
public sealed record ListedIncident(
    Guid IncidentId,
    Guid CheckId,
    string CheckName,
    DateTimeOffset OpenedAt,
    long OpenedPosition,
    DateTimeOffset? ResolvedAt,
    long? ResolvedPosition,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> FailingLocations,
    int Alerts);
