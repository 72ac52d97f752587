using Ledger.Http.AlertChannels.Sending;

namespace Ledger.Http.AlertChannels;

/// <summary>How requests name channels. A channel is sent the alerts of all projects, so that keys bound to one are refused.</summary>
public static class AlertChannelCalls
{
    private const int LongestId = 100;

    /// <summary>The channel of a name in the path.</summary>
    /// <exception cref="RequestRejected">400 for what is no name, 403 for a key that is bound to a project, 404 for an unknown channel.</exception>
    public static async Task<AlertChannel> FindAsync(
        this IQuerySession documents, Caller caller, string channelId, CancellationToken cancellation) =>
        await documents.AlertChannelAsync(NameOf(caller, channelId), cancellation) ?? throw RequestRejected.NotFound("There is no such alert channel.");

    /// <summary>A name that needs no escaping in a path; a uuid is the same in either case.</summary>
    /// <exception cref="RequestRejected">400 for what is no name, 403 for a key that is bound to a project.</exception>
    public static string NameOf(Caller caller, string channelId)
    {
        caller.RequireWholeAccount();
        if (Guid.TryParseExact(channelId, "D", out var uuid))
        {
            return uuid.ToString();
        }

        return channelId.Length <= LongestId && channelId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
            ? channelId
            : throw RequestRejected.BadRequest($"The alert channel's id must have 1 to {LongestId} letters, digits, '-', '_' or '.'.");
    }
}

/// <summary>A channel without its secrets.</summary>
/// <param name="Number">Its number, by which Checkly's clients know it.</param>
/// <param name="CheckIds">Of which checks; of all when null.</param>
/// <param name="Enabled">Whether it is sent anything.</param>
/// <param name="DisabledAt">Since when it is not.</param>
/// <param name="DisabledReason">Why it is not.</param>
public record AlertChannelView(
    string Id,
    long Number,
    string Url,
    IReadOnlyList<string> Events,
    IReadOnlyList<Guid>? CheckIds,
    bool Enabled,
    DateTimeOffset? DisabledAt,
    string? DisabledReason,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt)
{
    public AlertChannelView(AlertChannel channel)
        : this(
            channel.Id,
            channel.Number,
            channel.Target.Url.AbsoluteUri,
            channel.Target.Events,
            channel.Target.CheckIds,
            channel.DisabledAt is null,
            channel.DisabledAt,
            channel.DisabledReason,
            channel.CreatedAt,
            channel.UpdatedAt)
    {
    }
}

public static class AlertChannelParts
{
    public static void AddAlertChannels(this IServiceCollection services, LedgerSettings settings)
    {
        services.AddSingleton(settings.Webhooks);
        services.AddSingleton<AlertDeliveryReader>();
        services.AddSingleton<Deliveries>();
        services.AddSingleton<ReceiverShares>();
        services.AddSingleton<WebhookSender>();
        services.AddSingleton(new RetryPlan(settings.Webhooks.Pauses, Random.Shared.NextDouble));
    }
}
