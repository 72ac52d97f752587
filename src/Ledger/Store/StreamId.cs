namespace Ledger.Store;

/// <summary>One session's stream. The account is part of the identity, so no read or write can cross it (docs/domain.md#words).</summary>
/// <param name="AccountId">The tenant; <c>mt_streams.tenant_id</c> holds it as lower-case text.</param>
/// <param name="SessionId">The session; <c>mt_streams.id</c>.</param>
public readonly record struct StreamId(Guid AccountId, Guid SessionId);
