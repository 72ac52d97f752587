namespace Ledger.Projections.Cancellations;

/// <summary>What a settled run adds to the metrics.</summary>
/// <param name="RequestedAt">When its cancel was asked for.</param>
/// <param name="DeliveredAt">When the signal was handed to the runner.</param>
/// <param name="AcknowledgedAt">When the runner confirmed.</param>
/// <param name="StoppedAt">When execution was proven over.</param>
/// <param name="SettledAt">When it was settled.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="FreedMs">The runner time that its stop saved, where there is an estimate.</param>
internal readonly record struct SettledFacts(
    DateTimeOffset RequestedAt,
    DateTimeOffset? DeliveredAt,
    DateTimeOffset? AcknowledgedAt,
    DateTimeOffset? StoppedAt,
    DateTimeOffset SettledAt,
    CancelRunOutcome Outcome,
    long? FreedMs);
