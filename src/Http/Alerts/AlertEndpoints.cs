using Ledger.Http.Access;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.Alerts;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Alerts;

/// <summary>
/// Which alerts were decided and what became of them, the silent ones included (http.md, Audit and reports; domain.md rule 7). Who cancelled
/// the run of a suppressed one is read from its session's stream.
/// </summary>
public static class AlertEndpoints
{
    public static void MapAlerts(this IEndpointRouteBuilder routes) => routes
        .MapGet("/ledger/alerts", ListAsync)
        .RequireScope(Scope.Read)
        .WithTags("Alerts")
        .WithSummary("Lists alerts, newest first: sent, pending, withdrawn, and suppressed with the reason.")
        .ReadsText("state", "sent, pending, withdrawn or suppressed; all when absent.")
        .ReadsText("checkId", "The check.")
        .ReadsText("from", "Decided at or after this ISO 8601 time.")
        .ReadsText("to", "Decided before this ISO 8601 time.")
        .ReadsNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")
        .ReadsText("cursor", "The nextCursor of the page before.")
        .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")
        .Produces<AlertList>();

    private static async Task<IResult> ListAsync(HttpContext context, AlertsReader alerts, Freshness freshness, SessionStreams sessions)
    {
        var filter = new ListFilter(context.Request, "state", "from", "to");
        var query = new AlertsQuery(context.Key().AccountId)
        {
            Standing = QueryWords<AlertStanding>.One(context.Request, "state"),
            CheckId = filter.CheckId,
            From = Inputs.Time(context.Request, "from"),
            To = Inputs.Time(context.Request, "to"),
            After = filter.After,
            Limit = filter.Limit,
        };
        await freshness.WaitAsync(AlertDeliveryReader.ProjectionName, context.Request);
        var page = await Database.RunAsync(() => alerts.ListAsync(query, context.RequestAborted));
        var cancelled = page.Alerts
            .Where(alert => alert.Standing is AlertStanding.Suppressed)
            .Select(alert => new StreamId(query.AccountId, alert.SessionId))
            .Distinct()
            .ToList();
        var found = (await sessions.ReadManyAsync(cancelled, context.RequestAborted))
            .ToDictionary(snapshot => snapshot.Session.Id, snapshot => snapshot.Session);
        return NativeResult.Json(new AlertList(
            [.. page.Alerts.Select(alert => AlertView.Of(alert, found.GetValueOrDefault(alert.SessionId)))], page.Next?.ToString()));
    }
}

/// <summary>One page of alerts.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record AlertList(IReadOnlyList<AlertView> Entries, string? NextCursor);
