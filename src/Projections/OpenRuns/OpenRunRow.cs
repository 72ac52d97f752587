using Ledger.Sessions;

namespace Ledger.Projections.OpenRuns;

/// <summary>One run, across sessions.</summary>
internal readonly record struct RunKey(Guid AccountId, Guid SessionId, Guid SequenceId);

/// <summary>A run that is not settled.</summary>
internal sealed record OpenRunRow
{
    /// <summary>The position of its session's first event.</summary>
    public required long SessionNumber { get; init; }

    /// <summary>Its place in the session, from 0.</summary>
    public required int Ordinal { get; init; }

    public required string? Project { get; init; }

    public required string? ConcurrencyGroup { get; init; }

    public required string Location { get; init; }

    public required string CheckType { get; init; }

    public required int? TimeoutSeconds { get; init; }

    public required RunState State { get; init; }

    public string? RunnerId { get; init; }

    public int LeaseSeconds { get; init; }

    public DateTimeOffset? ClaimedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public Guid? CancelId { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public bool CancelForced { get; init; }

    public bool CancelAcknowledged { get; init; }
}
