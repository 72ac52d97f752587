namespace Ledger.Sessions.Events;

/// <summary>The runner began to execute the run. Caused by the runner.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who executes it.</param>
/// <param name="At">When.</param>
public sealed record RunStarted(Guid SequenceId, string RunnerId, DateTimeOffset At) : ISessionEvent;
