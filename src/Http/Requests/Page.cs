namespace Ledger.Http.Requests;

/// <summary>One page of a list of the native interface.</summary>
/// <param name="Entries">Newest first.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Entries, string? NextCursor);

/// <summary>A list of the native interface that has no pages.</summary>
public sealed record EntryList<T>(IReadOnlyList<T> Entries);
