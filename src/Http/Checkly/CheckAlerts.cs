using System.Globalization;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Alerts;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>
/// Lists the alerts that became due. A cancelled run has no row here, nor has one that passed after it passed: what the vendor calls
/// <c>NO_ALERT</c> was never sent.
/// </summary>
public static class ListCheckAlertsEndpoint
{
    [WolverineGet("/v1/check-alerts"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Checkly: check alerts")]
    [EndpointSummary("Lists the alerts within six hours, newest first.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    public static Task<IReadOnlyList<CheckAlert>> Get(HttpRequest request, Caller caller, CheckAlerts alerts) =>
        alerts.ReadAsync(request, caller, null);
}

/// <summary>Lists the alerts of one check. Nothing to show is 404 for a check that is neither registered nor has ever run.</summary>
public static class ListAlertsOfCheckEndpoint
{
    [WolverineGet("/v1/check-alerts/{checkId}"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 404, 429), Tags("Checkly: check alerts")]
    [EndpointSummary("Lists the alerts of one check within six hours, newest first.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1.")]
    [QueryNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")]
    [QueryNumber("to", "Created before this time, in Unix seconds.")]
    public static async Task<IReadOnlyList<CheckAlert>> Get(
        string checkId, HttpRequest request, Caller caller, CheckAlerts alerts, IQuerySession documents, CancellationToken cancellation)
    {
        var id = Inputs.Uuid(nameof(checkId), checkId);
        var found = await alerts.ReadAsync(request, caller, id);
        return found.Count > 0
            || await documents.LoadAsync<Check>(id, cancellation) is not null
            || await alerts.HasRunAsync(caller, id, cancellation)
            ? found
            : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>Reads the alerts that became due.</summary>
public sealed class CheckAlerts(AlertsReader alerts, ConditionsReader conditions, Freshness freshness, TimeProvider clock)
{
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(6);

    /// <summary>A page of those that the caller sees, of one check or of all.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public async Task<IReadOnlyList<CheckAlert>> ReadAsync(HttpRequest request, Caller caller, Guid? checkId)
    {
        var cancellation = request.HttpContext.RequestAborted;
        var query = QueryOf(request, caller.AccountId, clock.GetUtcNow()) with { Project = caller.Project, CheckId = checkId };
        await freshness.WaitForHeadAsync(AlertsReader.ProjectionName, cancellation);
        if (query.Project is not null)
        {
            await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        }

        var found = await Database.RunAsync(() => alerts.ListDueAsync(query, cancellation));
        return [.. found.Select(CheckAlert.Of)];
    }

    /// <summary>Whether a check has ever run, as far as the caller may know: of runs in other projects a bound key learns nothing.</summary>
    public async Task<bool> HasRunAsync(Caller caller, Guid checkId, CancellationToken cancellation) =>
        caller.Project is null && (await Database.RunAsync(() => conditions.ListAsync(caller.AccountId, checkId, cancellation))).Count > 0;

    private static DueAlertsQuery QueryOf(HttpRequest request, Guid accountId, DateTimeOffset now)
    {
        var (limit, _, offset) = QueryValues.Page(request, lowest: 1);
        var (from, to) = QueryValues.Range(request, LongestRange, now);
        return new DueAlertsQuery(accountId, from) { To = to, Offset = offset, Limit = limit };
    }
}

/// <summary>An alert that became due.</summary>
/// <param name="Id">The position of the event that decided it, as text.</param>
/// <param name="Name">What the run's session calls the check.</param>
/// <param name="CheckId">The check.</param>
/// <param name="AlertType">What it tells of; never <c>NO_ALERT</c>.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="RunLocation">Where the run ran.</param>
/// <param name="ResponseTime">In milliseconds; 0 for a run that never started, since the member is not nullable.</param>
/// <param name="Error">Why the run has no result of its own; null when it has one.</param>
/// <param name="StatusCode">Always null: the ledger does not look into what a check asked for.</param>
/// <param name="CreatedAt">When the run was settled, and the alert with it.</param>
/// <param name="StartedAt">When the run began; left out if it never did, since the member is not nullable.</param>
public sealed record CheckAlert(
    string Id,
    string Name,
    Guid CheckId,
    AlertType AlertType,
    string CheckType,
    string RunLocation,
    long ResponseTime,
    string? Error,
    string? StatusCode,
    [property: JsonPropertyName("created_at")] DateTimeOffset CreatedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? StartedAt)
{
    /// <summary>An alert that is settled.</summary>
    public static CheckAlert Of(ListedAlert alert) => new(
        alert.Position.ToString(CultureInfo.InvariantCulture),
        alert.CheckName,
        alert.CheckId,
        alert.Type,
        alert.CheckType,
        alert.Location,
        alert.ResponseTime ?? 0,
        ErrorOf(alert.Outcome),
        null,
        alert.SettledAt ?? alert.DecidedAt,
        alert.StartedAt);

    private static string? ErrorOf(RunState? outcome) => outcome switch
    {
        RunState.TimedOut => "The run exceeded its time limit.",
        RunState.Lost => "The runner of the run was lost.",
        _ => null,
    };
}
