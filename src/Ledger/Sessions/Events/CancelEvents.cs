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

/// <summary>The signal was handed to the runner that holds the run. Not yet obeyed: see <see cref="CancelAcknowledged"/>.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who got it.</param>
/// <param name="Channel">By which channel.</param>
/// <param name="At">When.</param>
public sealed record CancelDelivered(
    Guid CancelId, Guid SequenceId, RunFacts Run, string RunnerId, DeliveryChannel Channel, DateTimeOffset At) : IRunEvent;

/// <summary>The runner confirms that it is stopping this run. Not yet stopped: see <see cref="RunAborted"/>.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who confirms.</param>
/// <param name="At">When.</param>
public sealed record CancelAcknowledged(Guid CancelId, Guid SequenceId, RunFacts Run, string RunnerId, DateTimeOffset At) : IRunEvent;

/// <summary>Nobody stopped the run within the deadline; it is settled as cancelled, without proof (docs/domain.md#rule-8).</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="At">When.</param>
public sealed record CancelExpired(Guid CancelId, Guid SequenceId, RunFacts Run, DateTimeOffset At) : ISettlesRun
{
    RunState? ISettlesRun.Outcome => RunState.Cancelled;
}
