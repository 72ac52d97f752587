namespace Ledger.Deadlines;

/// <summary>Where a run waits: only a runner that takes such runs will claim it.</summary>
/// <param name="Project">The session's project; null for the default one.</param>
/// <param name="Location">The run's location.</param>
/// <param name="CheckType">The type of its check.</param>
public sealed record RunQueue(string? Project, string Location, string CheckType);

/// <summary>Says whether a runner serves a queue: whether one that takes such runs was heard of within a time.</summary>
public delegate Task<bool> IsServed(Guid accountId, RunQueue queue, TimeSpan within, CancellationToken cancellation);

/// <summary>How long anybody may take before the ledger acts by itself (docs/deadlines.md).</summary>
public sealed record DeadlineSettings
{
    /// <summary>From a cancel's request until the signal becomes an order to kill, unless it was acknowledged (docs/domain.md#rule-8).</summary>
    public TimeSpan Acknowledge { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>From a cancel's request until the run is settled as cancelled without proof (docs/domain.md#rule-8).</summary>
    public TimeSpan Expire { get; init; } = TimeSpan.FromSeconds(300);

    /// <summary>
    /// From a run's own limit until it times out. The runner enforces the limit, lets the run end in its grace period and reports; so long the
    /// ledger waits for that report.
    /// </summary>
    public TimeSpan LimitMargin { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a run may be queued at a location that no runner serves; null for as long as it takes.</summary>
    public TimeSpan? LongestWait { get; init; }

    /// <summary>The length of a lease: granted anew after an outage.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a run that was claimed and never begun is queued again before it is lost (docs/domain.md#rule-9).</summary>
    public int MostRequeues { get; init; } = Sessions.LoseRun.DefaultRequeues;

    /// <summary>A longer gap between two sweeps of any hosts is an outage of the ledger or of its database.</summary>
    public TimeSpan LongestGap { get; init; } = TimeSpan.FromSeconds(2);
}
