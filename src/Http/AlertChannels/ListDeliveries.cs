namespace Ledger.Http.AlertChannels;

public static class ListDeliveriesEndpoint
{
    [WolverineGet("/ledger/alert-channels/{channelId}/deliveries"), Authorize(Scopes.ReadOrAdmin), Tags("Alert channels")]
    [EndpointSummary("Lists what a channel was sent, newest first, with every attempt.")]
    [QueryText("state", "open, delivered, failed or withdrawn.")]
    [QueryNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    [QueryNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")]
    public static async Task<Page<DeliveryView>> Get(
        string channelId,
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        AlertDeliveryReader deliveries,
        Freshness freshness,
        CancellationToken cancellation)
    {
        var state = request.Word<DeliveryState>("state");
        var limit = request.Limit();
        var before = request.NumberCursor();
        var channel = await documents.FindAsync(caller, channelId, cancellation);
        await freshness.WaitAsync(AlertDeliveryReader.ProjectionName, request);
        var found = await deliveries.ListAsync(channel.Number, state, before, limit + 1, cancellation);
        return new Page<DeliveryView>(
            [.. found.Take(limit).Select(DeliveryView.Of)],
            found.Count > limit ? found[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null);
    }
}

/// <summary>What a channel is, or was, sent.</summary>
/// <param name="WebhookId">The header <c>webhook-id</c>, the same on every attempt.</param>
/// <param name="AlertId">The alert; null for a test.</param>
/// <param name="Reason">Why it failed: <c>gaveUp</c>, <c>gone</c>, <c>channelDisabled</c> or <c>channelDeleted</c>.</param>
/// <param name="Attempts">Every try, in order.</param>
/// <param name="NextAttemptAt">When it is tried next; null unless it is open.</param>
/// <param name="CreatedAt">When its alert became due.</param>
/// <param name="ClosedAt">When it was over; null while it is open.</param>
public sealed record DeliveryView(
    long DeliveryId,
    string WebhookId,
    string Event,
    string? AlertId,
    DeliveryState State,
    string? Reason,
    IReadOnlyList<AttemptView> Attempts,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ClosedAt)
{
    public static DeliveryView Of(AlertDelivery delivery) => new(
        delivery.Id,
        delivery.WebhookId,
        delivery.Event,
        delivery.AlertPosition?.ToString(CultureInfo.InvariantCulture),
        delivery.State,
        delivery.Reason,
        [.. delivery.Attempts.Select(AttemptView.Of)],
        delivery.NextAttemptAt,
        delivery.CreatedAt,
        delivery.ClosedAt);
}

/// <summary>One try of a delivery.</summary>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">The receiver's answer; null when there was none.</param>
/// <param name="Error">Why there was none.</param>
/// <param name="Response">The beginning of the answer's body, at most 1 KiB.</param>
public sealed record AttemptView(DateTimeOffset At, long DurationMs, int? Status, string? Error, string? Response)
{
    public static AttemptView Of(DeliveryAttempt attempt) =>
        new(attempt.At, (long)attempt.Duration.TotalMilliseconds, attempt.Status, attempt.Error, attempt.Response);
}
