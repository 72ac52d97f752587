using Ledger.Projections.CheckStatus;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;

namespace Ledger.Projections.Alerts;

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
