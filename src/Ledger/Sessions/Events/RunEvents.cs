namespace Ledger.Sessions.Events;

/// <summary>A runner took a queued run under a lease. Caused by a claim.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who holds it from now on.</param>
/// <param name="LeaseSeconds">How long without a heartbeat until the runner counts as gone.</param>
/// <param name="At">When.</param>
public sealed record RunClaimed(Guid SequenceId, RunFacts Run, string RunnerId, int LeaseSeconds, DateTimeOffset At) : IRunEvent;

/// <summary>The runner began to execute the run. Caused by the runner.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">Who executes it.</param>
/// <param name="At">When.</param>
public sealed record RunStarted(Guid SequenceId, RunFacts Run, string RunnerId, DateTimeOffset At) : IRunEvent;

/// <summary>
/// Execution is over because of a cancel, and settles the run as cancelled (docs/domain.md#rule-3). Caused by the runner, or by the cancel
/// itself for a run that was still queued (docs/domain.md#rule-2).
/// </summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
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
    RunFacts Run,
    string? RunnerId,
    AbortManner How,
    int? ExitCode,
    string? Signal,
    long? DurationMs,
    StopEvidence? Evidence,
    DateTimeOffset At) : ISettlesRun
{
    RunState? ISettlesRun.Outcome => RunState.Cancelled;
}

/// <summary>What a runner found when it looked whether the execution was really over.</summary>
/// <param name="ProcessesLeft">Processes or containers of the run that were still there; 0 is the proof of a stop, null that there is none.</param>
/// <param name="Reason">Why it cannot be proven; null with a number.</param>
public sealed record StopEvidence(int? ProcessesLeft, string? Reason = null);

/// <summary>The run exceeded its own limit while no cancel was open; settles it.</summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="LimitSeconds">The limit that it exceeded.</param>
/// <param name="At">When.</param>
public sealed record RunTimedOut(Guid SequenceId, RunFacts Run, int LimitSeconds, DateTimeOffset At) : ISettlesRun
{
    RunState? ISettlesRun.Outcome => RunState.TimedOut;
}

/// <summary>
/// Its runner stopped renewing the lease and had never begun: the run is queued again, as if nobody had claimed it. Settles nothing, so that
/// nobody is alerted.
/// </summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">The runner that had claimed it.</param>
/// <param name="At">When.</param>
public sealed record RunRequeued(Guid SequenceId, RunFacts Run, string RunnerId, DateTimeOffset At) : IRunEvent;

/// <summary>
/// The runner that had begun it stopped renewing the lease while no cancel was open, or too many had claimed it and vanished before they began;
/// settles it.
/// </summary>
/// <param name="SequenceId">The run.</param>
/// <param name="Run">What is known of it.</param>
/// <param name="RunnerId">The runner that vanished.</param>
/// <param name="At">When.</param>
/// <param name="Reason">Why a run was lost that nobody had begun; null for one that was begun.</param>
public sealed record RunLost(Guid SequenceId, RunFacts Run, string RunnerId, DateTimeOffset At, string? Reason = null) : ISettlesRun
{
    RunState? ISettlesRun.Outcome => RunState.Lost;
}
