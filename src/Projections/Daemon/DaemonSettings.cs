namespace Ledger.Projections.Daemon;

/// <summary>How the daemon paces itself.</summary>
public sealed record DaemonSettings
{
    /// <summary>Events in one transaction, at most, of a projection that keeps up.</summary>
    public int BatchSize { get; init; } = 2_000;

    /// <summary>Events in one transaction, at most, of a projection that is behind: full batches are doubled up to this size.</summary>
    public int LargestBatch { get; init; } = 16_000;

    /// <summary>How long a projection lets events gather between two transactions while nobody waits for it.</summary>
    public TimeSpan Gather { get; init; } = TimeSpan.FromMilliseconds(25);

    /// <summary>How long an idle projection waits before it looks for events that nobody told it of.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often a host that does not own a projection tries to become its owner, and how long it waits after an outage.</summary>
    public TimeSpan Retry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the checkpoints of projections with another owner are read while somebody waits for them.</summary>
    public TimeSpan CheckpointPoll { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>
    /// How long an owner may be silent, by the database's clock, before another host takes over. It renews four times as often.
    /// </summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What this host calls itself in the status.</summary>
    public string Owner { get; init; } = $"{Environment.MachineName}:{Environment.ProcessId}";
}
