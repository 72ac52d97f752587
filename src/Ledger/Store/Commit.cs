namespace Ledger.Store;

/// <summary>What one commit of this host's store has added to the log.</summary>
/// <param name="Head">The position of the last event.</param>
/// <param name="Events">The events, in order and without a gap up to the head; none when all units were refused.</param>
public sealed record Commit(long Head, IReadOnlyList<RecordedEvent> Events);
