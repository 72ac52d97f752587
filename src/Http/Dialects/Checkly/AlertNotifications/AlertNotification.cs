using System.Globalization;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.Dialects.Checkly.AlertNotifications;

/// <summary>An alert that was sent to a channel (wire.md 3.10).</summary>
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
