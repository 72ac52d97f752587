using System.Globalization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.RateLimits;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.SessionList;

namespace Ledger.Http.Checkly;

/// <summary>
/// Lists the alerts that were sent. How many there are stands in <c>Content-Range</c> alone, as the vendor has it. A cancelled run has no row
/// here, nor has an alert that was withdrawn before it was sent.
/// </summary>
public static class ListAlertNotificationsEndpoint
{
    /// <summary>How far apart <c>from</c> and <c>to</c> may be.</summary>
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(24);

    [WolverineGet("/v1/alert-notifications"), Authorize(Scopes.Read), CostlyRead, RateLimit("alert-notifications", 5, 10), Errors(400, 401, 403, 429)]
    [Tags("Checkly: alerts")]
    [EndpointSummary("Lists the alerts that were sent to alert channels, newest first. Content-Range tells how many there are.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 10 when absent.")]
    [QueryNumber("page", "From 1; 0 is 1.")]
    [QueryNumber("from", "Due at or after this time in Unix seconds.")]
    [QueryNumber("to", "Due before this time in Unix seconds, at most 24 hours after from.")]
    [QueryNumber("alertChannelId", "The number of an alert channel.")]
    [QueryText("hasFailures", "true for those that could not be sent, false for the others.")]
    public static async Task<IReadOnlyList<AlertNotification>> Get(
        HttpContext context, Caller caller, AlertDeliveryReader deliveries, Freshness freshness, TimeProvider clock, CancellationToken cancellation)
    {
        var query = QueryOf(context.Request, caller, clock.GetUtcNow());
        await freshness.WaitForHeadAsync(AlertDeliveryReader.ProjectionName, cancellation);
        if (query.Project is not null)
        {
            await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        }

        var (page, total) = await Database.RunAsync(() => deliveries.NotificationsAsync(query, cancellation));
        context.Response.Headers.ContentRange = ContentRange.Items(query.Offset, page.Count, total);
        return [.. page.Select(AlertNotification.Of)];
    }

    private static NotificationQuery QueryOf(HttpRequest request, Caller caller, DateTimeOffset now)
    {
        var (limit, _, offset) = QueryValues.Page(request);
        var (from, to) = QueryValues.Range(request, LongestRange, now);
        return new NotificationQuery(caller.AccountId, from, to, limit, offset)
        {
            Project = caller.Project,
            Channel = Channel(request),
            HasFailed = QueryValues.Flag(request, "hasFailures"),
        };
    }

    private static long? Channel(HttpRequest request)
    {
        var text = request.Query["alertChannelId"].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw RequestRejected.BadRequest("'alertChannelId' must be a positive whole number.");
    }
}

/// <summary>An alert that was sent to a channel.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Type">The type of channel.</param>
/// <param name="Status">What became of it.</param>
/// <param name="AlertConfig">What was sent with.</param>
/// <param name="NotificationResult">The receiver's last answer, its status where that had no body, or why there was none; null before the first attempt.</param>
/// <param name="Timestamp">When it was sent last; null before the first attempt.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckAlertId">The alert.</param>
/// <param name="AlertChannelId">The channel's number.</param>
/// <param name="CheckResultId">The result that raised it.</param>
public sealed record AlertNotification(
    string Id,
    string Type,
    string Status,
    AlertConfig AlertConfig,
    string? NotificationResult,
    DateTimeOffset? Timestamp,
    string CheckType,
    Guid CheckId,
    string CheckAlertId,
    long AlertChannelId,
    Guid CheckResultId)
{
    public static AlertNotification Of(Notification sent) => new(
        sent.Id.ToString(CultureInfo.InvariantCulture),
        "WEBHOOK",
        StatusOf(sent),
        new AlertConfig(sent.Url.AbsoluteUri),
        ResultOf(sent.Last),
        sent.Last?.At,
        sent.CheckType,
        sent.CheckId,
        sent.AlertPosition.ToString(CultureInfo.InvariantCulture),
        sent.Channel,
        sent.ReportId ?? ResultIds.Derived(sent.SequenceId));

    /// <summary>An answer without a body tells its status: a failure would say nothing else.</summary>
    private static string? ResultOf(DeliveryAttempt? last) => last switch
    {
        { Error: { } error } => error,
        { Response: { Length: > 0 } body } => body,
        _ => last?.Status?.ToString(CultureInfo.InvariantCulture),
    };

    private static string StatusOf(Notification sent) => sent switch
    {
        { State: DeliveryState.Open } => "IN_PROGRESS",
        { State: DeliveryState.Delivered } => "SUCCESS",
        { State: DeliveryState.Failed, Last.Status: StatusCodes.Status429TooManyRequests } => "RATE_LIMITED",
        { State: DeliveryState.Failed } => "FAILURE",
        _ => throw new ArgumentOutOfRangeException(nameof(sent), sent.State, "Nothing was sent."),
    };
}

/// <summary>How a channel was configured.</summary>
/// <param name="Url">Where its webhooks go.</param>
public sealed record AlertConfig(string Url);
