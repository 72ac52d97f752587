using System.Text.Json;
using Npgsql;

namespace Ledger.Projections.Alerts;

/// <summary>Answers: which incidents are there? Kept by the projection of <see cref="AlertsReader.ProjectionName"/>.</summary>
/// <param name="dataSource">The database.</param>
public sealed class IncidentsReader(NpgsqlDataSource dataSource)
{
    /// <summary>One page, newest first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The limit is out of its range.</exception>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IncidentsPage> ListAsync(IncidentsQuery query, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(query.Limit, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(query.Limit, IncidentsQuery.MaximumLimit);
        await using var command = dataSource.CreateCommand();
        var conditions = new SqlConditions(command);
        conditions.Add("account_id = {0}", query.AccountId);
        conditions.Add("check_id = {0}", query.CheckId);
        if (query.IsOpen is { } isOpen)
        {
            conditions.Add(isOpen ? "resolved_position is null" : "resolved_position is not null");
        }

        if (query.After is { } after)
        {
            conditions.Add($"(opened_at, opened_position) < ({{0}}, {after.Position})", after.At.ToUniversalTime());
        }

        command.CommandText = $"""
            select incident_id, check_id, check_name, opened_at, opened_position, resolved_at, resolved_position, locations::text,
              failing_locations::text, alerts
            from ledger.incidents where {conditions}
            order by opened_at desc, opened_position desc limit {query.Limit + 1}
            """;
        var found = await ReadAsync(command, cancellation);
        var page = found.Take(query.Limit).ToList();
        return new IncidentsPage(
            page, found.Count > page.Count ? new TimeCursor(page[^1].OpenedAt, page[^1].OpenedPosition) : null);
    }

    private static async Task<IReadOnlyList<ListedIncident>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var found = new List<ListedIncident>();
        while (await reader.ReadAsync(cancellation))
        {
            found.Add(new ListedIncident(
                reader.GetGuid(0),
                reader.GetGuid(1),
                reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3),
                reader.GetInt64(4),
                reader.GetFieldValue<DateTimeOffset?>(5),
                reader.GetFieldValue<long?>(6),
                JsonSerializer.Deserialize<string[]>(reader.GetString(7))!,
                JsonSerializer.Deserialize<string[]>(reader.GetString(8))!,
                reader.GetInt32(9)));
        }

        return found;
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
