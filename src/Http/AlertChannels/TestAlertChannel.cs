using Ledger.Projections.AlertDeliveries;
using Wolverine.Marten;
using Wolverine.Runtime;

namespace Ledger.Http.AlertChannels;

public static class TestAlertChannelEndpoint
{
    [WolverinePost("/ledger/alert-channels/{channelId}/test"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Sends a channel the event alert.test, as any other is sent. Its deliveries tell how that went.")]
    public static async Task<Accepted<DeliveryView>> Post(
        string channelId,
        Caller caller,
        IDocumentSession documents,
        Deliveries deliveries,
        IWolverineRuntime messages,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var channel = await documents.FindAsync(caller, channelId, cancellation);
        if (channel.DisabledAt is not null)
        {
            throw new RequestRejected(StatusCodes.Status409Conflict, "disabled", "The alert channel is disabled; enable it first.");
        }

        var now = clock.GetUtcNow();
        var payload = JsonSerializer.Serialize(
            new TestPayload(AlertEvents.Test, now, new TestPayloadData(channel.Id, caller.Actor.Name)), Json.Options);
        var delivery = await deliveries.AddTestAsync(
            documents, caller.AccountId, channel.Number, WebhookIds.Of(Guid.NewGuid()), payload, now, cancellation);
        await new MartenOutbox(messages, documents).PublishAsync(new DeliverAlert(delivery.Id));
        await documents.SaveChangesAsync(cancellation);
        return TypedResults.Accepted((string?)null, DeliveryView.Of(delivery));
    }
}

public sealed record TestPayload(string Type, DateTimeOffset Timestamp, TestPayloadData Data);

public sealed record TestPayloadData(string ChannelId, string? RequestedBy);
