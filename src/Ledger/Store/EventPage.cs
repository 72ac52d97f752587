namespace Ledger.Store;

/// <summary>The events of a range of positions.</summary>
/// <param name="After">The positions above this one.</param>
/// <param name="Events">Those of the types that were asked for, in order.</param>
/// <param name="Through">Up to here, and including it, there are no others.</param>
public sealed record EventPage(long After, IReadOnlyList<RecordedEvent> Events, long Through);
