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
        await freshness.WaitForHeadAsync(caller, AlertDeliveryReader.ProjectionName, cancellation);
        var (page, total) = await deliveries.NotificationsAsync(query, cancellation);
        context.Response.SetContentRange(query.Offset, page.Count, total);
        return [.. page.Select(sent => new AlertNotification(sent))];
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

    private static long? Channel(HttpRequest request) => request.Text("alertChannelId") is not { } text ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
        : throw RequestRejected.BadRequest("'alertChannelId' must be a positive whole number.");
}

/// <summary>An alert that was sent to a channel.</summary>
public sealed class AlertNotification(Notification sent)
{
    public string Id => sent.Id.ToString(CultureInfo.InvariantCulture);
    public string Type => "WEBHOOK";
    public string Status => sent switch
    {
        { State: DeliveryState.Open } => "IN_PROGRESS",
        { State: DeliveryState.Delivered } => "SUCCESS",
        { State: DeliveryState.Failed, Last.Status: StatusCodes.Status429TooManyRequests } => "RATE_LIMITED",
        { State: DeliveryState.Failed } => "FAILURE",
        _ => throw new InvalidOperationException("Nothing was sent."),
    };

    public AlertConfig AlertConfig => new(sent.Url.AbsoluteUri);

    /// <summary>The receiver's last answer, its status where that had no body, or why there was none; null before the first attempt.</summary>
    public string? NotificationResult => sent.Last switch
    {
        { Error: { } error } => error,
        { Response: { Length: > 0 } body } => body,
        var last => last?.Status?.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>When it was sent last; null before the first attempt.</summary>
    public DateTimeOffset? Timestamp => sent.Last?.At;
    public string CheckType => sent.CheckType;
    public Guid CheckId => sent.CheckId;
    public string CheckAlertId => sent.AlertPosition.ToString(CultureInfo.InvariantCulture);
    public long AlertChannelId => sent.Channel;
    public Guid CheckResultId => sent.ReportId ?? ResultIds.Derived(sent.SequenceId);
}

/// <summary>How a channel was configured.</summary>
public sealed record AlertConfig(string Url);
