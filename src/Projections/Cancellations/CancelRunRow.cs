using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.Cancellations;

/// <summary>A run that a cancel targeted.</summary>
/// <param name="CancelId">Its cancel; a run has at most one.</param>
/// <param name="CancelPosition">The event that brought the cancel.</param>
/// <param name="Ordinal">Its place among the targets, from 0.</param>
/// <param name="Plan">What the session says about it.</param>
internal sealed record CancelRunRow(Guid CancelId, long CancelPosition, int Ordinal, TargetedRun Plan)
{
    /// <summary>Whether the runner is told to kill at once.</summary>
    public bool Forced { get; init; }

    /// <summary>When the signal was first handed to the runner.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>By which channel.</summary>
    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner first confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When execution was proven over.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When it was settled; null while it is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How the runner, or the cancel of a queued run, ended it; null where something else settled it.</summary>
    public RunAborted? Aborted { get; init; }

    /// <summary>Where the run stands.</summary>
    public RunState State { get; init; } = RunState.Cancelling;

    /// <summary>What that means for the cancel.</summary>
    public CancelRunOutcome Outcome { get; init; }

    /// <summary>The runner time that the stop saved, in milliseconds, as an estimate; null where there is none.</summary>
    public long? FreedMs { get; init; }

    /// <summary>Whether nothing can change any more.</summary>
    public bool IsSettled => SettledAt is not null;

    /// <summary>
    /// The runner time that its stop saves: what it would usually have taken, or else its own limit, less what it had taken; at least
    /// nothing. Null when neither is known.
    /// </summary>
    /// <param name="usual">The mean of the results of its check at its location so far; null when there are none.</param>
    /// <param name="at">When it stopped.</param>
    public long? Freed(long? usual, DateTimeOffset at)
    {
        var expected = usual ?? Plan.TimeoutSeconds * 1_000L;
        var taken = Plan.StartedAt is { } start ? Latency.Milliseconds(start, at) : 0;
        return expected is { } whole ? Math.Max(0, whole - taken) : null;
    }
}
