using Ledger.Projections.Alerts;

namespace Ledger.Http.Alerts;

/// <summary>
/// How a check stands as a whole and at each location, by what decides about its alerts. Cancelled runs leave it as it is. A check serves all
/// projects of the account, so that keys bound to one are refused.
/// </summary>
public static class ReadCheckConditionEndpoint
{
    [WolverineGet("/ledger/checks/{checkId}/status"), Authorize(Scopes.Read), Tags("Alerts")]
    [EndpointSummary("How a check stands at each location, since when, and by which run.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the answer must show.")]
    public static async Task<CheckConditionView> Get(
        string checkId, HttpRequest request, Caller caller, ConditionsReader conditions, Freshness freshness, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        var id = Inputs.Uuid("check id", checkId);
        await freshness.WaitAsync(AlertsReader.ProjectionName, request);
        var locations = await conditions.ListAsync(caller.AccountId, id, cancellation);
        return locations.Count > 0
            ? CheckConditionView.Of(id, locations)
            : throw RequestRejected.NotFound("No run of such a check has counted yet.");
    }
}

/// <summary>How a check stands.</summary>
/// <param name="CheckName">What the session of its last run calls it.</param>
/// <param name="Condition">That of its worst location.</param>
/// <param name="IncidentId">Its open incident; null for none.</param>
/// <param name="Locations">The worst first, then by name; at most a thousand.</param>
public sealed record CheckConditionView(
    Guid CheckId,
    string CheckName,
    string CheckType,
    CheckCondition Condition,
    Guid? IncidentId,
    IReadOnlyList<LocationConditionView> Locations)
{
    /// <summary>From its locations, of which there is at least one.</summary>
    public static CheckConditionView Of(Guid checkId, IReadOnlyList<LocationCondition> locations)
    {
        var latest = locations.MaxBy(location => location.LastRun.Position)!;
        return new CheckConditionView(
            checkId,
            latest.CheckName,
            latest.CheckType,
            locations.Max(location => location.Condition),
            locations.Select(location => location.IncidentId).FirstOrDefault(id => id is not null),
            [.. locations.Select(LocationConditionView.Of)]);
    }
}

/// <summary>How a check stands at one location.</summary>
/// <param name="Condition">Its condition there.</param>
/// <param name="Since">When the first run of this condition was settled.</param>
/// <param name="LastRun">The last run that counts.</param>
public sealed record LocationConditionView(string Location, CheckCondition Condition, DateTimeOffset Since, LastCountedRun LastRun)
{
    public static LocationConditionView Of(LocationCondition location) =>
        new(location.Location, location.Condition, location.Since, location.LastRun);
}
