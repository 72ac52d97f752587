namespace Ledger.Sessions.Events;

/// <summary>
/// Someone asked to cancel, and at least one open, cancellable run was targeted (docs/domain.md#rule-1). A second event with the same
/// <paramref name="CancelId"/> is the escalation of that cancel to force; its first requester and reason stay authoritative.
/// </summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words; null when none was given.</param>
/// <param name="Forced">Whether the runner is told to kill at once.</param>
/// <param name="Targets">The runs that were open and cancellable and are being cancelled by this request.</param>
/// <param name="Skipped">The runs that were asked for and left alone, each with why.</param>
/// <param name="SupersededBy">The successor session, for the cause <see cref="CancelCause.Superseded"/>.</param>
/// <param name="Origin">What the client said about itself (source, operator, version, CI).</param>
/// <param name="At">When.</param>
public sealed record CancelRequested(
    Guid CancelId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    bool Forced,
    IReadOnlyList<Guid> Targets,
    IReadOnlyList<SkippedRun> Skipped,
    Guid? SupersededBy,
    IReadOnlyDictionary<string, string>? Origin,
    DateTimeOffset At) : ISessionEvent;

/// <summary>A run that a cancel left alone.</summary>
/// <param name="SequenceId">The run, or the unknown id that was asked for.</param>
/// <param name="Why">Why it was left alone.</param>
public sealed record SkippedRun(Guid SequenceId, SkipReason Why);
