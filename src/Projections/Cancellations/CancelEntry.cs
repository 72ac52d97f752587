using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.Cancellations;

/// <summary>A request to cancel, accepted or refused, and what came of it.</summary>
/// <param name="CancelId">Its id; a refused one has the id that it would have had.</param>
/// <param name="SessionId">The session.</param>
/// <param name="Position">The event that brought it.</param>
public sealed record CancelEntry(Guid CancelId, Guid SessionId, long Position)
{
    /// <summary>What the session executes.</summary>
    public required SessionKind SessionKind { get; init; }

    /// <summary>What people call the session.</summary>
    public required string SessionName { get; init; }

    /// <summary>The session's project, or null.</summary>
    public string? Project { get; init; }

    /// <summary>Who asked.</summary>
    public required Actor Actor { get; init; }

    /// <summary>Through which interface.</summary>
    public required CancelVia Via { get; init; }

    /// <summary>Why, as a class.</summary>
    public required CancelCause Cause { get; init; }

    /// <summary>Why, in words; null when none were given.</summary>
    public string? Reason { get; init; }

    /// <summary>Whether it was forced from the start, or escalated.</summary>
    public required bool Forced { get; init; }

    /// <summary>Who escalated it first; null when nobody did.</summary>
    public CancelEscalation? Escalation { get; init; }

    /// <summary>The successor session, for the cause <see cref="CancelCause.Superseded"/>.</summary>
    public Guid? SupersededBy { get; init; }

    /// <summary>What the client said about itself.</summary>
    public IReadOnlyDictionary<string, string>? Origin { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the last targeted run was settled, or the request refused; null while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>What came of it.</summary>
    public required CancelOutcome Outcome { get; init; }

    /// <summary>The runs that it targeted, in the order of the request.</summary>
    public IReadOnlyList<CancelledRun> Runs { get; init; } = [];

    /// <summary>The runs that were asked for and left alone, each with why.</summary>
    public IReadOnlyList<SkippedRun> Skipped { get; init; } = [];
}

/// <summary>A cancel was turned into an order to kill.</summary>
/// <param name="Actor">Who did it; the ledger's deadlines where nobody acknowledged in time.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="At">When.</param>
public sealed record CancelEscalation(Actor Actor, CancelVia Via, DateTimeOffset At);

/// <summary>What became of a targeted run: the five facts with their times. A null time says that the fact has not happened.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="CheckId">Its check, if there is one.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it ran.</param>
public sealed record CancelledRun(Guid SequenceId, Guid? CheckId, string CheckType, string Name, string Location)
{
    /// <summary>When its execution had begun; null if it had not.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When the cancel was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When the signal was first handed to the runner.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>By which channel.</summary>
    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When execution was proven over.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When the run was settled, by whichever terminal fact came first.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>Whether the runner was told to kill at once.</summary>
    public required bool Forced { get; init; }

    /// <summary>How execution ended; null where a result or the deadline settled the run.</summary>
    public AbortManner? How { get; init; }

    /// <summary>The exit code of what was stopped.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it.</summary>
    public string? Signal { get; init; }

    /// <summary>From the signal to the end, in milliseconds, as the runner measured it.</summary>
    public long? DurationMs { get; init; }

    /// <summary>What the runner found when it looked; null when nobody looked.</summary>
    public StopEvidence? Evidence { get; init; }

    /// <summary>Whether the deadline settled it, without proof.</summary>
    public bool Expired => Outcome is CancelRunOutcome.Expired;

    /// <summary>Where the run stands.</summary>
    public required RunState State { get; init; }

    /// <summary>What that means for the cancel.</summary>
    public required CancelRunOutcome Outcome { get; init; }

    /// <summary>The runner time that the stop saved, in milliseconds, as an estimate; null where there is none.</summary>
    public long? RunnerTimeFreedMs { get; init; }
}

/// <summary>What came of a request to cancel. It follows from what became of the runs that it targeted; skipped runs have no part in it.</summary>
public enum CancelOutcome
{
    /// <summary>At least one targeted run is not settled.</summary>
    Pending,

    /// <summary>Every targeted run was stopped by it.</summary>
    Cancelled,

    /// <summary>Some targeted runs were stopped by it; the others had finished first.</summary>
    PartlyCancelled,

    /// <summary>Every targeted run had finished first, and kept its real result (docs/domain.md#rule-3).</summary>
    Finished,

    /// <summary>At least one targeted run was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It could target nothing.</summary>
    Refused,
}

/// <summary>What became of a run that a cancel targeted.</summary>
public enum CancelRunOutcome
{
    /// <summary>It is not settled.</summary>
    Pending,

    /// <summary>It was stopped: a runner said so, or it never started (docs/domain.md#rule-2, docs/domain.md#rule-3).</summary>
    Cancelled,

    /// <summary>It was settled by the deadline, without proof that it stopped (docs/domain.md#rule-8).</summary>
    Expired,

    /// <summary>It ended otherwise before the cancel took effect, and kept its real result.</summary>
    Finished,
}
