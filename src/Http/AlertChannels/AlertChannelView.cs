using Ledger.Projections.AlertChannels;

namespace Ledger.Http.AlertChannels;

/// <summary>A channel without its secrets.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Number">Its number, by which Checkly's clients know it.</param>
/// <param name="Url">Where it is sent to.</param>
/// <param name="Events">Which events.</param>
/// <param name="CheckIds">Of which checks; of all when null.</param>
/// <param name="Enabled">Whether it is sent anything.</param>
/// <param name="DisabledAt">Since when it is not.</param>
/// <param name="DisabledReason">Why it is not.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was changed last.</param>
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

/// <summary>A channel that was just made, with the secret that was made for it.</summary>
public sealed record MadeAlertChannel : AlertChannelView
{
    public MadeAlertChannel(AlertChannel channel, string secret)
        : base(channel) => Secret = secret;

    /// <summary>What its webhooks are signed with. In this answer and nowhere else.</summary>
    public string Secret { get; }
}

/// <summary>The channels of an account.</summary>
public sealed record AlertChannelList(IReadOnlyList<AlertChannelView> Entries);

/// <summary>A secret to rotate to.</summary>
/// <param name="Secret">One of the caller's own; a fresh one when absent.</param>
public sealed record SecretRotation(string? Secret = null);

/// <summary>The new secret of a channel.</summary>
/// <param name="Secret">In this answer and nowhere else.</param>
/// <param name="PreviousValidUntil">Until when webhooks are signed with the one before as well.</param>
public sealed record RotatedSecret(string Secret, DateTimeOffset PreviousValidUntil);
