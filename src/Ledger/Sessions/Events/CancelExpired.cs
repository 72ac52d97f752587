namespace Ledger.Sessions.Events;

/// <summary>Nobody stopped the run within the deadline; it is settled as cancelled, without proof (docs/domain.md#rule-8).</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="At">When.</param>
public sealed record CancelExpired(Guid CancelId, Guid SequenceId, DateTimeOffset At) : ISessionEvent;
