namespace Ledger.Sessions.Events;

/// <summary>The runner confirms that it is stopping this run. Not yet stopped: see <see cref="RunAborted"/>.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who confirms.</param>
/// <param name="At">When.</param>
public sealed record CancelAcknowledged(Guid CancelId, Guid SequenceId, string RunnerId, DateTimeOffset At) : ISessionEvent;
