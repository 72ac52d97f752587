namespace Ledger.Projections.AlertChannels;

/// <summary>A delivery that one host may send at this moment, and no other.</summary>
/// <param name="Id">The delivery.</param>
/// <param name="Claim">The claim of it.</param>
/// <param name="Channel">The channel's number.</param>
/// <param name="Url">Where to.</param>
/// <param name="Host">The receiver, as hosts share their attention.</param>
/// <param name="WebhookId">The same on every attempt (docs/domain.md#p14).</param>
/// <param name="Payload">The same on every attempt, byte by byte.</param>
/// <param name="Secrets">What to sign with, the current one first.</param>
/// <param name="Attempts">How often it was tried before.</param>
/// <param name="IsWithdrawn">The alert was withdrawn or suppressed: nothing may be sent (docs/domain.md#p6).</param>
public sealed record ClaimedDelivery(
    long Id,
    Guid Claim,
    long Channel,
    Uri Url,
    string Host,
    string WebhookId,
    string Payload,
    IReadOnlyList<string> Secrets,
    int Attempts,
    bool IsWithdrawn);

/// <summary>One try to deliver.</summary>
/// <param name="At">When it began.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Status">The receiver's answer; null when there was none.</param>
/// <param name="Error">Why there was none.</param>
/// <param name="Response">The beginning of the answer's body.</param>
public sealed record DeliveryAttempt(DateTimeOffset At, TimeSpan Duration, int? Status, string? Error, string? Response);
