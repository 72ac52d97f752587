using Wolverine;
using Wolverine.Attributes;
using Wolverine.Runtime.Handlers;

namespace Ledger.Http.AlertChannels.Sending;

/// <summary>
/// Sends a delivery once, and records in one transaction how that went and the message of the next try (docs/webhooks.md). The order of a
/// channel's alerts is not kept: a later one overtakes one that is tried again.
/// </summary>
public static partial class DeliverAlertHandler
{
    /// <summary>Longer than a receiver may take.</summary>
    private const int LongestSeconds = 120;

    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(1);

    public static void Configure(HandlerChain chain) => chain.ExecutionTimeoutInSeconds = LongestSeconds;

    /// <summary>Sends it, if it is still to be sent.</summary>
    /// <returns>The next try; null when there is none.</returns>
    [Transactional]
    public static async Task<DeliveryMessage<DeliverAlert>?> Handle(
        DeliverAlert message,
        IDocumentSession documents,
        Deliveries deliveries,
        WebhookSender sender,
        ReceiverShares shares,
        RetryPlan plan,
        TimeProvider clock,
        IHostApplicationLifetime host,
        ILogger<WebhookSender> logger,
        CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        if (await deliveries.FindOpenAsync(message.Delivery, now, cancellation) is not { } delivery)
        {
            return null;
        }

        if (delivery.IsWithdrawn)
        {
            Deliveries.Withdraw(documents, delivery, now);
            return null;
        }

        if (delivery.NextAttemptAt > now)
        {
            return message.DelayedFor(delivery.NextAttemptAt - now);
        }

        using var share = await shares.TakeAsync(delivery.Receiver, cancellation);
        if (share is null)
        {
            // The more often, the longer, so that what waits for one receiver is not all that is looked at.
            var wait = TimeSpan.FromSeconds(1 << Math.Min(message.Waits, 6));
            return (message with { Waits = message.Waits + 1 }).DelayedFor(wait < LongestWait ? wait : LongestWait);
        }

        try
        {
            return Record(documents, delivery, await sender.SendAsync(delivery, host.ApplicationStopping), plan, clock.GetUtcNow(), logger);
        }
        catch (OperationCanceledException) when (host.ApplicationStopping.IsCancellationRequested)
        {
            return message.DelayedFor(TimeSpan.FromSeconds(1)); // Another host sends it, or the next start.
        }
    }

    private static DeliveryMessage<DeliverAlert>? Record(
        IDocumentSession documents, OpenDelivery delivery, SendResult result, RetryPlan plan, DateTimeOffset now, ILogger logger)
    {
        var attempt = result.Attempt;
        switch (attempt.Status)
        {
            case >= 200 and < 300:
                Deliveries.Record(documents, delivery, attempt, DeliveryState.Delivered);
                return null;
            case StatusCodes.Status410Gone:
                Deliveries.Gone(documents, delivery, attempt);
                LogGone(logger, delivery.Channel);
                return null;
        }

        if (plan.Next(delivery.Attempts + 1, now, result.RetryAfter) is { } next)
        {
            Deliveries.Record(documents, delivery, attempt, DeliveryState.Open, nextAttemptAt: next);
            return new DeliverAlert(delivery.Id).DelayedFor(next - now);
        }

        Deliveries.Record(documents, delivery, attempt, DeliveryState.Failed, "gaveUp");
        LogGivenUp(logger, delivery.WebhookId, delivery.Channel, delivery.Attempts + 1);
        return null;
    }

    [LoggerMessage(LogLevel.Warning, "Alert channel {Channel} is disabled: its receiver answered 410.")]
    private static partial void LogGone(ILogger logger, long channel);

    [LoggerMessage(LogLevel.Warning, "Webhook {WebhookId} to alert channel {Channel} is given up after {Attempts} attempts.")]
    private static partial void LogGivenUp(ILogger logger, string webhookId, long channel, int attempts);
}

/// <summary>
/// What one receiver gets of this host's attention at once, however slow it is. Who finds its share taken waits for a moment, in which a quick
/// receiver has answered, and no longer.
/// </summary>
public sealed class ReceiverShares(WebhookSettings settings)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(250);

    private readonly System.Collections.Concurrent.ConcurrentDictionary<string, SemaphoreSlim> receivers = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Takes a place until it is disposed; null when all are taken for longer.</summary>
    public async Task<IDisposable?> TakeAsync(string receiver, CancellationToken cancellation)
    {
        var places = receivers.GetOrAdd(receiver, _ => new SemaphoreSlim(settings.AtOncePerReceiver));
        return await places.WaitAsync(Moment, cancellation) ? new Place(places) : null;
    }

    private sealed record Place(SemaphoreSlim Places) : IDisposable
    {
        public void Dispose() => Places.Release();
    }
}

/// <summary>Forgets, once an hour, what was over <c>Ledger:Webhooks:KeepDays</c> ago.</summary>
[MessageIdentity("forget-deliveries")]
public sealed record ForgetDeliveries;

public static class ForgetDeliveriesHandler
{
    private const int Batch = 1_000;

    public static async Task Handle(
        ForgetDeliveries message, Deliveries deliveries, WebhookSettings settings, TimeProvider clock, CancellationToken cancellation)
    {
        while (await deliveries.ForgetAsync(clock.GetUtcNow().AddDays(-settings.KeepDays), Batch, cancellation) > 0)
        {
        }
    }
}
