namespace Ledger.Projections.Cancellations;

/// <summary>One request to cancel.</summary>
internal readonly record struct CancelKey(Guid AccountId, Guid SessionId, Guid CancelId);
