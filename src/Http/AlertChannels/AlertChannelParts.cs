using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Settings;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.AlertChannels;

/// <summary>The parts that keep alert channels and send to them.</summary>
public static class AlertChannelParts
{
    public static void AddAlertChannels(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton(settings.Webhooks);
        services.AddSingleton<AlertChannelRegistry>();
        services.AddSingleton<AlertDeliveryReader>();
        services.AddSingleton<DeliveryQueue>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton(new RetryPlan(settings.Webhooks.Pauses, Random.Shared.NextDouble));
        services.AddSingleton<DeliveryWorker>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveryWorker>());
    }
}
