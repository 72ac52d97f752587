using Ledger.Projections.CheckResults;
using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Npgsql;

namespace Ledger.Projections.Alerts;

/// <summary>
/// Which alerts are there, how does each check stand at each location, and which incidents are open? One projection of the results, since
/// each of the three decides about the others (<see cref="AlertFold"/>).
/// </summary>
internal sealed class AlertsProjection() : ResultProjection(AlertsReader.ProjectionName)
{
    /// <summary>Only registered checks alert.</summary>
    internal override bool Wants(ResultFact result) => result.HasCheck;

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = await LoadAsync(connection, results, cancellation);
        foreach (var result in results)
        {
            AlertFold.Apply(result, rows);
        }

        return [.. Save(rows)];
    }

    /// <summary>The stored rows that the results may touch, in one round trip.</summary>
    private static async Task<AlertRows> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation)
    {
        var rows = new AlertRows();
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(ConditionsTable.Select([.. results.Select(ConditionKey.Of).Distinct()]));
        batch.BatchCommands.Add(AlertsTable.SelectPending([.. results.Select(result => result.Run).Distinct()]));
        batch.BatchCommands.Add(IncidentsTable.SelectOpen([.. results.Select(CheckKey.Of).Distinct()]));
        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        await ConditionsTable.LoadAsync(reader, rows, cancellation);
        await reader.NextResultAsync(cancellation);
        await AlertsTable.LoadAsync(reader, rows, cancellation);
        await reader.NextResultAsync(cancellation);
        await IncidentsTable.LoadAsync(reader, rows, cancellation);
        return rows;
    }

    private static IEnumerable<NpgsqlBatchCommand> Save(AlertRows rows)
    {
        var conditions = rows.Conditions.Added.Concat(rows.Conditions.Changed).ToList();
        if (conditions.Count > 0)
        {
            yield return ConditionsTable.Upsert(conditions);
        }

        var alerts = rows.Alerts.Added.Concat(rows.Alerts.Changed).ToList();
        if (alerts.Count > 0)
        {
            yield return AlertsTable.Upsert([.. alerts.Select(alert => alert.Value)]);
        }

        // What is resolved makes room for what is opened: a check has one open incident at any time, but for the middle of a statement.
        var stored = rows.Incidents.Changed.ToList();
        if (stored.Count > 0)
        {
            yield return IncidentsTable.Update([.. stored.Select(incident => incident.Value)]);
        }

        var opened = rows.Incidents.Added.ToList();
        if (opened.Count > 0)
        {
            yield return IncidentsTable.Insert([.. opened.Select(incident => incident.Value)]);
        }
    }
}

/// <summary>The rows that a batch of results touches: conditions, alerts of open runs, open incidents.</summary>
internal sealed class AlertRows
{
    private readonly Dictionary<CheckKey, Guid> open = [];

    /// <summary>How the checks stand at their locations.</summary>
    public Rows<ConditionKey, ConditionRow> Conditions { get; } = new();

    /// <summary>The alerts of the runs: stored ones that are pending, and all that the batch brings.</summary>
    public Rows<RunKey, AlertRow> Alerts { get; } = new();

    /// <summary>The incidents: stored ones that are open, and all that the batch brings.</summary>
    public Rows<Guid, IncidentRow> Incidents { get; } = new();

    /// <summary>The open incident of a check, or null.</summary>
    public IncidentRow? OpenIncident(CheckKey check) => open.TryGetValue(check, out var id) ? Incidents.Get(id) : null;

    /// <summary>Puts in an open incident as it is stored.</summary>
    public void Load(IncidentRow incident)
    {
        open[incident.Check] = incident.Id;
        Incidents.Load(incident.Id, incident);
    }

    /// <summary>Adds or replaces an incident.</summary>
    public void Set(IncidentRow incident)
    {
        Incidents.Set(incident.Id, incident);
        if (incident.ResolvedPosition is null)
        {
            open[incident.Check] = incident.Id;
        }
        else
        {
            open.Remove(incident.Check);
        }
    }
}
