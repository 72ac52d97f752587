using Ledger.Projections.Rebuild;

namespace Ledger.Projections.Daemon;

/// <summary>Where a projection stands.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Position">The last event that is in its rows.</param>
/// <param name="Lag">How many events it is behind.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Owner">The host that owns it or owned it last; null when nobody ever did.</param>
/// <param name="Stopped">Why it stopped; null unless it has.</param>
public sealed record ProjectionStatus(
    string Name, int Version, long Position, long Lag, ProjectionState State, string? Owner, StoppedProjection? Stopped)
{
    /// <summary>The position of the last event that there is: what it comes up to.</summary>
    public long Head { get; init; }

    /// <summary>When its position last changed, by the database's clock; null before it was ever kept.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Its last rebuild; null when there was none.</summary>
    public RebuildStatus? Rebuild { get; init; }
}

/// <summary>An event that a projection cannot handle.</summary>
/// <param name="Position">The event's position.</param>
/// <param name="Error">What happened.</param>
/// <param name="At">When, by the database's clock.</param>
public sealed record StoppedProjection(long Position, string Error, DateTimeOffset At);

/// <summary>What a projection is doing, seen from one host.</summary>
public enum ProjectionState
{
    /// <summary>Another host keeps it, or this one is about to.</summary>
    Standby,

    /// <summary>It is brought to where the others are, apart from them.</summary>
    CatchingUp,

    /// <summary>This host owns it and keeps it up to date.</summary>
    Running,

    /// <summary>It met an event that it cannot handle and waits to be told to try again; the others go on.</summary>
    Stopped,
}
