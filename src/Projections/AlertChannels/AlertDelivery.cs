namespace Ledger.Projections.AlertChannels;

/// <summary>What became of a delivery.</summary>
public enum DeliveryState
{
    /// <summary>It is to be sent, for the first time or again.</summary>
    Open,

    /// <summary>The receiver took it.</summary>
    Delivered,

    /// <summary>It was given up.</summary>
    Failed,

    /// <summary>It was not to be sent any more: its alert was withdrawn or suppressed (docs/domain.md#p6).</summary>
    Withdrawn,
}

/// <summary>What a channel is, or was, sent.</summary>
/// <param name="Id">Its id.</param>
/// <param name="WebhookId">The same on every attempt.</param>
/// <param name="Event">The event's name.</param>
/// <param name="AlertPosition">The event that decided the alert; null for a test.</param>
/// <param name="State">What became of it.</param>
/// <param name="Reason">Why it failed; null unless it did.</param>
/// <param name="Attempts">The tries so far, in order.</param>
/// <param name="NextAttemptAt">When it is tried next; null unless it is open.</param>
/// <param name="CreatedAt">When its alert became due.</param>
/// <param name="ClosedAt">When it was over; null while it is open.</param>
public sealed record AlertDelivery(
    long Id,
    string WebhookId,
    string Event,
    long? AlertPosition,
    DeliveryState State,
    string? Reason,
    IReadOnlyList<DeliveryAttempt> Attempts,
    DateTimeOffset? NextAttemptAt,
    DateTimeOffset CreatedAt,
    DateTimeOffset? ClosedAt);

/// <summary>
/// Alerts that an account was sent (docs/dialects/checkly.md#alerts): newest first, without tests and without those that were withdrawn.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="From">Due at or after this time,</param>
/// <param name="To">and before this one.</param>
/// <param name="Limit">How many on a page.</param>
/// <param name="Offset">How many come before it.</param>
public sealed record NotificationQuery(Guid AccountId, DateTimeOffset From, DateTimeOffset? To, int Limit, long Offset)
{
    /// <summary>Only those of alerts in this project's sessions; those are known once the session list has come as far.</summary>
    public string? Project { get; init; }

    /// <summary>Only those of the channel of this number.</summary>
    public long? Channel { get; init; }

    /// <summary>Only those that failed, or only those that did not.</summary>
    public bool? HasFailed { get; init; }
}

/// <summary>An alert that was sent, or is to be.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Channel">The channel's number.</param>
/// <param name="Url">Where it is sent.</param>
/// <param name="State">What became of it.</param>
/// <param name="Last">The last try; null before the first.</param>
/// <param name="AlertPosition">The event that decided the alert.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckType">Its type.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="ReportId">The report that settled it; null where none did.</param>
public sealed record Notification(
    long Id,
    long Channel,
    Uri Url,
    DeliveryState State,
    DeliveryAttempt? Last,
    long AlertPosition,
    Guid CheckId,
    string CheckType,
    Guid SequenceId,
    Guid? ReportId);
