namespace Ledger.Sessions.Events;

/// <summary>
/// Execution is over because of a cancel, and settles the run as cancelled (docs/domain.md#rule-3). Caused by the runner, or by the cancel
/// itself for a run that was still queued (docs/domain.md#rule-2).
/// </summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who stopped it; null for a run that was never claimed.</param>
/// <param name="How">How it ended.</param>
/// <param name="ExitCode">The exit code of the process, if it had one.</param>
/// <param name="Signal">The signal that ended it, such as <c>SIGKILL</c>; null if none did.</param>
/// <param name="DurationMs">From the signal to the end, in milliseconds, as the runner measured it.</param>
/// <param name="Evidence">What the runner found when it looked; null when nobody looked.</param>
/// <param name="At">When.</param>
public sealed record RunAborted(
    Guid CancelId,
    Guid SequenceId,
    string? RunnerId,
    AbortManner How,
    int? ExitCode,
    string? Signal,
    long? DurationMs,
    StopEvidence? Evidence,
    DateTimeOffset At) : ISessionEvent;

/// <summary>What a runner found when it looked whether the execution was really over.</summary>
/// <param name="ProcessesLeft">Processes or containers of the run that were still there; 0 is the proof of a stop.</param>
public sealed record StopEvidence(int ProcessesLeft);
