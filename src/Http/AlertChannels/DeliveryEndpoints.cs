using System.Globalization;
using System.Text.Json;
using Ledger.Http.Access;
using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Errors;
using Ledger.Http.ReadModels;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;
using Ledger.Projections.AlertDeliveries;

namespace Ledger.Http.AlertChannels;

/// <summary>Lists what a channel was sent, and sends it something to try it out.</summary>
public static class DeliveryEndpoints
{
    private const int DefaultLimit = 20;
    private const int MaximumLimit = 100;

    public static void MapDeliveries(this IEndpointRouteBuilder channels)
    {
        channels.MapGet("{channelId}/deliveries", ListAsync).RequireScope(Scope.Read, Scope.Admin)
            .WithSummary("Lists what a channel was sent, newest first, with every attempt.")
            .ReadsText("state", "open, delivered, failed or withdrawn.")
            .ReadsNumber("limit", "Entries of a page, 1 to 100; 20 when absent.")
            .ReadsText("cursor", "The nextCursor of the page before.")
            .ReadsNumber(Freshness.After, "The Ledger-Position of a write that the list must show.")
            .Produces<DeliveryList>();
        channels.MapPost("{channelId}/test", TestAsync).RequireScope(Scope.Admin)
            .WithSummary("Sends a channel the event alert.test, as any other is sent. Its deliveries tell how that went.")
            .Produces<DeliveryView>(StatusCodes.Status202Accepted);
    }

    private static async Task<IResult> ListAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, AlertDeliveryReader deliveries, Freshness freshness)
    {
        var state = QueryWords<DeliveryState>.One(context.Request, "state");
        var limit = Inputs.Int(context.Request, "limit", 1, MaximumLimit, DefaultLimit);
        var before = CursorOf(context.Request);
        var channel = await channels.FindAsync(context, channelId);
        await freshness.WaitAsync(AlertDeliveryReader.ProjectionName, context.Request);
        var found = await Database.RunAsync(() => deliveries.ListAsync(
            channel.Number, state, before, limit + 1, context.RequestAborted));
        return NativeResult.Json(new DeliveryList(
            [.. found.Take(limit).Select(DeliveryView.Of)],
            found.Count > limit ? found[limit - 1].Id.ToString(CultureInfo.InvariantCulture) : null));
    }

    private static async Task<IResult> TestAsync(
        HttpContext context, string channelId, AlertChannelRegistry channels, DeliveryQueue queue, DeliveryWorker worker, TimeProvider clock)
    {
        var channel = await channels.FindAsync(context, channelId);
        if (channel.DisabledAt is not null)
        {
            throw new RequestRejected(StatusCodes.Status409Conflict, "disabled", "The alert channel is disabled; enable it first.");
        }

        var now = clock.GetUtcNow();
        var payload = JsonSerializer.Serialize(
            new TestPayload(AlertEvents.Test, now, new TestPayloadData(channel.Id, context.Key().Actor.Name)), Json.Options);
        var delivery = await Database.RunAsync(() => queue.AddTestAsync(
            context.Key().AccountId, channel.Number, WebhookIds.Of(Guid.NewGuid()), payload, now, context.RequestAborted));
        worker.Wake();
        return NativeResult.Json(DeliveryView.Of(delivery), StatusCodes.Status202Accepted);
    }

    private static long? CursorOf(HttpRequest request)
    {
        var text = request.Query["cursor"].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
            : throw RequestRejected.BadRequest("'cursor' must be the nextCursor of a list.");
    }
}

/// <summary>The body of a test.</summary>
public sealed record TestPayload(string Type, DateTimeOffset Timestamp, TestPayloadData Data);

/// <summary>What a test says.</summary>
/// <param name="ChannelId">The channel.</param>
/// <param name="RequestedBy">Who asked for it.</param>
public sealed record TestPayloadData(string ChannelId, string? RequestedBy);

/// <summary>One page of deliveries.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record DeliveryList(IReadOnlyList<DeliveryView> Entries, string? NextCursor);

/// <summary>What a channel is, or was, sent.</summary>
/// <param name="DeliveryId">Its id.</param>
/// <param name="WebhookId">The header <c>webhook-id</c>, the same on every attempt.</param>
/// <param name="Event">The event's name.</param>
/// <param name="AlertId">The alert; null for a test.</param>
/// <param name="State">What became of it.</param>
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

/// <summary>One try.</summary>
/// <param name="At">When it began.</param>
/// <param name="DurationMs">How long it took, in milliseconds.</param>
/// <param name="Status">The receiver's answer; null when there was none.</param>
/// <param name="Error">Why there was none.</param>
/// <param name="Response">The beginning of the answer's body, at most 1 KiB.</param>
public sealed record AttemptView(DateTimeOffset At, long DurationMs, int? Status, string? Error, string? Response)
{
    public static AttemptView Of(DeliveryAttempt attempt) =>
        new(attempt.At, (long)attempt.Duration.TotalMilliseconds, attempt.Status, attempt.Error, attempt.Response);
}
