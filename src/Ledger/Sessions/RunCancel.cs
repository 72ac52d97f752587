namespace Ledger.Sessions;

/// <summary>
/// The cancel of one run as five facts that are never collapsed into one: requested, delivered, acknowledged, stopped with evidence,
/// settled (docs/domain.md#five-facts). A null time says that the fact has not happened.
/// </summary>
/// <param name="CancelId">The cancel; its requester is in <see cref="Session.Cancels"/>.</param>
/// <param name="RequestedAt">When it was asked for.</param>
/// <param name="Forced">Whether the runner is told to kill at once.</param>
public sealed record RunCancel(Guid CancelId, DateTimeOffset RequestedAt, bool Forced)
{
    /// <summary>When the signal was handed to the runner.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>By which channel.</summary>
    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When execution was proven over.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When the run was settled, by whichever terminal fact came first.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How execution ended; null when a result or the deadline settled the run instead.</summary>
    public AbortManner? How { get; init; }

    /// <summary>The exit code of what was stopped.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The signal that ended it.</summary>
    public string? Signal { get; init; }

    /// <summary>From the signal to the end, in milliseconds.</summary>
    public long? DurationMs { get; init; }

    /// <summary>What the runner found when it looked.</summary>
    public StopEvidence? Evidence { get; init; }

    /// <summary>Whether the deadline settled the run, without proof.</summary>
    public bool Expired { get; init; }
}
