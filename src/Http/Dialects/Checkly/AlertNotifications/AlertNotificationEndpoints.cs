using Ledger.Http.Access;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.Dialects.Checkly.AlertNotifications;

/// <summary>
/// Lists the alerts that were sent (wire.md 3.10). How many there are stands in <c>Content-Range</c> alone (trap 17). A cancelled run has no
/// row here, nor has an alert that was withdrawn before it was sent.
/// </summary>
public static class AlertNotificationEndpoints
{
    public static void MapAlertNotifications(this IEndpointRouteBuilder routes) => routes
        .MapGet("/v1/alert-notifications", ListAsync)
        .RequireScope(Scope.Read)
        .WithMetadata(ChecklyRateLimits.AlertNotifications)
        .WithTags("Checkly: alerts")
        .WithSummary("Lists the alerts that were sent to alert channels, newest first. Content-Range tells how many there are.")
        .ReadsNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")
        .ReadsNumber("page", "From 1; 0 is 1.")
        .ReadsNumber("from", "Due at or after this time in Unix seconds.")
        .ReadsNumber("to", "Due before this time in Unix seconds, at most 24 hours after from.")
        .ReadsNumber("alertChannelId", "The number of an alert channel.")
        .ReadsText("hasFailures", "true for those that could not be sent, false for the others.")
        .Produces<IReadOnlyList<AlertNotification>>().ProducesErrors(400, 401, 403, 429);

    private static async Task<IResult> ListAsync(HttpContext context, AlertDeliveryReader deliveries, Freshness freshness, TimeProvider clock)
    {
        var query = AlertNotificationFilter.Read(context.Request, context.Key().AccountId, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(AlertDeliveryReader.ProjectionName, context.RequestAborted);
        var (page, total) = await Database.RunAsync(() => deliveries.NotificationsAsync(query, context.RequestAborted));
        context.Response.Headers.ContentRange = ContentRange.Items(query.Offset, page.Count, total);
        return ChecklyResult.Json<IReadOnlyList<AlertNotification>>([.. page.Select(AlertNotification.Of)]);
    }
}
