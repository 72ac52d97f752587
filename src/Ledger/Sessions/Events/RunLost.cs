namespace Ledger.Sessions.Events;

/// <summary>Its runner stopped renewing the lease while no cancel was open; settles it.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">The runner that vanished.</param>
/// <param name="At">When.</param>
public sealed record RunLost(Guid SequenceId, string RunnerId, DateTimeOffset At) : ISessionEvent;
