using Ledger.Projections.Alerts;

namespace Ledger.Http.Checkly;

/// <summary>
/// Lists the alerts that became due. A cancelled run has no row here, nor has one that passed after it passed: what the vendor calls
/// <c>NO_ALERT</c> was never sent.
/// </summary>
public static class ListCheckAlertsEndpoints
{
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    [WolverineGet("/v1/check-alerts"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Checkly: check alerts")]
    [EndpointSummary("Lists the alerts within six hours, newest first.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    public static Task<IReadOnlyList<CheckAlert>> List(
        HttpRequest request, Caller caller, AlertsReader alerts, Freshness freshness, TimeProvider clock, CancellationToken cancellation) =>
        ReadAsync(QueryOf(request, caller, null, clock), caller, alerts, freshness, cancellation);

    /// <summary>Nothing to show is 404 for a check that is neither registered nor has ever run.</summary>
    [WolverineGet("/v1/check-alerts/{checkId}"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 404, 429), Tags("Checkly: check alerts")]
    [EndpointSummary("Lists the alerts of one check within six hours, newest first.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    public static async Task<IReadOnlyList<CheckAlert>> ListOfCheck(
        string checkId,
        HttpRequest request,
        Caller caller,
        AlertsReader alerts,
        ConditionsReader conditions,
        Freshness freshness,
        IQuerySession documents,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid(nameof(checkId), checkId);
        var found = await ReadAsync(QueryOf(request, caller, id, clock), caller, alerts, freshness, cancellation);
        return found.Count > 0 || await documents.LoadAsync<Check>(id, cancellation) is not null || await HasRunAsync()
            ? found
            : throw RequestRejected.NotFound("Not Found");

        // Of runs in other projects a bound key learns nothing.
        async Task<bool> HasRunAsync() =>
            caller.Project is null && (await conditions.ListAsync(caller.AccountId, id, cancellation)).Count > 0;
    }

    private static async Task<IReadOnlyList<CheckAlert>> ReadAsync(
        DueAlertsQuery query, Caller caller, AlertsReader alerts, Freshness freshness, CancellationToken cancellation)
    {
        await freshness.WaitForHeadAsync(caller, AlertsReader.ProjectionName, cancellation);
        var found = await alerts.ListDueAsync(query, cancellation);
        return [.. found.Select(alert => new CheckAlert(alert))];
    }

    private static DueAlertsQuery QueryOf(HttpRequest request, Caller caller, Guid? checkId, TimeProvider clock)
    {
        var (limit, _, offset) = QueryValues.Page(request, lowest: 1);
        var (from, to) = QueryValues.Range(request, LongestRange, clock.GetUtcNow());
        return new DueAlertsQuery(caller.AccountId, from) { To = to, Offset = offset, Limit = limit, Project = caller.Project, CheckId = checkId };
    }
}

/// <summary>An alert that became due.</summary>
public sealed class CheckAlert(ListedAlert alert)
{
    /// <summary>The position of the event that decided it.</summary>
    public string Id => alert.Position.ToString(CultureInfo.InvariantCulture);

    /// <summary>What the run's session calls the check.</summary>
    public string Name => alert.CheckName;
    public Guid CheckId => alert.CheckId;

    /// <summary>Never <c>NO_ALERT</c>.</summary>
    public AlertType AlertType => alert.Type;
    public string CheckType => alert.CheckType;
    public string RunLocation => alert.Location;

    /// <summary>In milliseconds; 0 for a run that never started, since the member is not nullable.</summary>
    public long ResponseTime => alert.ResponseTime ?? 0;

    /// <summary>Why the run has no result of its own; null when it has one.</summary>
    public string? Error => alert.Outcome switch
    {
        RunState.TimedOut => "The run exceeded its time limit.",
        RunState.Lost => "The runner of the run was lost.",
        _ => null,
    };

    /// <summary>Always null: the ledger does not look into what a check asked for.</summary>
    public string? StatusCode => null;

    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAt => alert.SettledAt ?? alert.DecidedAt;

    /// <summary>When the run began; left out if it never did, since the member is not nullable.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? StartedAt => alert.StartedAt;
}
