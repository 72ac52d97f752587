using Ledger.Projections.Alerts;

namespace Ledger.Http.Alerts;

/// <summary>
/// Which incidents there are. Cancelled runs neither open nor resolve one. An incident is of a check, which serves all projects of the account,
/// so that keys bound to one are refused.
/// </summary>
public static class ListIncidentsEndpoint
{
    [WolverineGet("/ledger/incidents"), Authorize(Scopes.Read), CostlyRead, Tags("Alerts")]
    [EndpointSummary("Lists incidents, newest first: a check that fails somewhere, until it passes again wherever it failed.")]
    [QueryText("state", "open or resolved; both when absent.")]
    [QueryText("checkId", "The check.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    public static async Task<Page<IncidentView>> Get(
        HttpRequest request, Caller caller, IncidentsReader incidents, Freshness freshness, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        request.RejectUnknown();
        var state = request.Word<IncidentState>("state");
        var query = new IncidentsQuery(caller.AccountId)
        {
            IsOpen = state is null ? null : state is IncidentState.Open,
            CheckId = request.Uuid("checkId"),
            After = request.CursorInTime(),
            Limit = request.Limit(),
        };
        await freshness.WaitAsync(AlertsReader.ProjectionName, request);
        var page = await incidents.ListAsync(query, cancellation);
        return new Page<IncidentView>([.. page.Incidents.Select(IncidentView.Of)], page.Next?.ToString());
    }
}

public enum IncidentState
{
    /// <summary>A location that failed has not passed again.</summary>
    Open,

    /// <summary>Every location that failed has passed again.</summary>
    Resolved,
}

/// <summary>An incident of a check.</summary>
/// <param name="CheckName">What the session calls it whose run opened the incident.</param>
/// <param name="OpenedAt">When the first location failed.</param>
/// <param name="ResolvedAt">When the last location that failed passed again; null while it is open.</param>
/// <param name="Locations">All locations that failed in it.</param>
/// <param name="FailingLocations">Those that have not passed since.</param>
/// <param name="Alerts">How many alerts became due in it.</param>
public sealed record IncidentView(
    Guid IncidentId,
    Guid CheckId,
    string CheckName,
    IncidentState State,
    DateTimeOffset OpenedAt,
    DateTimeOffset? ResolvedAt,
    IReadOnlyList<string> Locations,
    IReadOnlyList<string> FailingLocations,
    int Alerts)
{
    public static IncidentView Of(ListedIncident incident) => new(
        incident.IncidentId,
        incident.CheckId,
        incident.CheckName,
        incident.ResolvedPosition is null ? IncidentState.Open : IncidentState.Resolved,
        incident.OpenedAt,
        incident.ResolvedAt,
        incident.Locations,
        incident.FailingLocations,
        incident.Alerts);
}
