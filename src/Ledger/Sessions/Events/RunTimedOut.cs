namespace Ledger.Sessions.Events;

/// <summary>The run exceeded its own limit while no cancel was open; settles it.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="LimitSeconds">The limit that it exceeded.</param>
/// <param name="At">When.</param>
public sealed record RunTimedOut(Guid SequenceId, int LimitSeconds, DateTimeOffset At) : ISessionEvent;
