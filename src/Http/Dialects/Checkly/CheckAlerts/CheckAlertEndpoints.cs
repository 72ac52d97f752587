using Ledger.Http.Access;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.Alerts;

namespace Ledger.Http.Dialects.Checkly.CheckAlerts;

/// <summary>
/// Lists the alerts that became due (wire.md 3.10). A cancelled run has no row here, nor has one that passed after it passed: what the
/// vendor calls <c>NO_ALERT</c> was never sent.
/// </summary>
public static class CheckAlertEndpoints
{
    public static void MapCheckAlerts(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/v1/check-alerts").WithTags("Checkly: check alerts");
        group.MapGet("", ListAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the alerts within six hours, newest first.")
            .ReadsFilter()
            .Produces<IReadOnlyList<CheckAlert>>().ProducesErrors(400, 401, 403, 429);
        group.MapGet("{checkId}", ListOfCheckAsync).RequireScope(Scope.Read)
            .WithSummary("Lists the alerts of one check within six hours, newest first.")
            .ReadsFilter()
            .Produces<IReadOnlyList<CheckAlert>>().ProducesErrors(400, 401, 403, 404, 429);
    }

    private static RouteHandlerBuilder ReadsFilter(this RouteHandlerBuilder route) => route
        .ReadsNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")
        .ReadsNumber("page", "From 1.")
        .ReadsNumber("from", "Created at or after this time, in Unix seconds. The last 6 hours when absent; at most 6 hours before 'to'.")
        .ReadsNumber("to", "Created before this time, in Unix seconds.");

    private static async Task<IResult> ListAsync(HttpContext context, AlertsReader alerts, Freshness freshness, TimeProvider clock) =>
        ChecklyResult.Json(await ReadAsync(context, null, alerts, freshness, clock));

    /// <summary>Nothing to show is 404 for a check that is neither registered nor has ever run.</summary>
    private static async Task<IResult> ListOfCheckAsync(
        HttpContext context,
        string checkId,
        AlertsReader alerts,
        ConditionsReader conditions,
        CheckRegistry checks,
        Freshness freshness,
        TimeProvider clock)
    {
        var (account, cancellation) = (context.Key().AccountId, context.RequestAborted);
        var id = Inputs.Uuid(nameof(checkId), checkId);
        var found = await ReadAsync(context, id, alerts, freshness, clock);
        var isKnown = found.Count > 0
            || await checks.FindAsync(account, id, cancellation) is not null
            || (await Database.RunAsync(() => conditions.ListAsync(account, id, cancellation))).Count > 0;
        return isKnown ? ChecklyResult.Json(found) : throw RequestRejected.NotFound("Not Found");
    }

    private static async Task<IReadOnlyList<CheckAlert>> ReadAsync(
        HttpContext context, Guid? checkId, AlertsReader alerts, Freshness freshness, TimeProvider clock)
    {
        var query = CheckAlertFilter.Read(context.Request, context.Key().AccountId, clock.GetUtcNow()) with { CheckId = checkId };
        await freshness.WaitForHeadAsync(AlertsReader.ProjectionName, context.RequestAborted);
        var found = await Database.RunAsync(() => alerts.ListDueAsync(query, context.RequestAborted));
        return [.. found.Select(CheckAlert.Of)];
    }
}
