namespace Ledger.Sessions.Events;

/// <summary>A runner took a queued run under a lease. Caused by a claim.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who holds it from now on.</param>
/// <param name="LeaseSeconds">How long without a heartbeat until the runner counts as gone.</param>
/// <param name="At">When.</param>
public sealed record RunClaimed(Guid SequenceId, string RunnerId, int LeaseSeconds, DateTimeOffset At) : ISessionEvent;
