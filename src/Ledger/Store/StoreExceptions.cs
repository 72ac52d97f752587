namespace Ledger.Store;

/// <summary>The database cannot be reached, or did not answer in time. Nothing that was not confirmed may be assumed written.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The database refuses the data itself, for instance a number that no database number can hold.</summary>
public sealed class UnstorableEventException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>An event that stands in the store is not one that this version of the ledger can read.</summary>
public sealed class UnreadableEventException(string message, Exception? inner = null) : Exception(message, inner);
