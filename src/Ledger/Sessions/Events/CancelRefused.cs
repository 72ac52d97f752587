namespace Ledger.Sessions.Events;

/// <summary>A request to cancel that could target nothing; kept for the audit. Caused by any canceller.</summary>
/// <param name="CancelId">The id that the request would have had.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words; null when none was given.</param>
/// <param name="Skipped">Every run that was asked for, each with why it was left alone.</param>
/// <param name="Origin">What the client said about itself.</param>
/// <param name="At">When.</param>
public sealed record CancelRefused(
    Guid CancelId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    IReadOnlyList<SkippedRun> Skipped,
    IReadOnlyDictionary<string, string>? Origin,
    DateTimeOffset At) : ISessionEvent;
