using Ledger.Sessions;

namespace Ledger.Http.Dialects.TesterArmy.Runs;

/// <summary>Where a run stands, in TesterArmy's words (wire.md 9). The verdict is not here but in the run's output.</summary>
public enum TesterArmyRunStatus
{
    /// <summary>It waits for a runner: the one state from which a cancel is always possible.</summary>
    Queued,

    /// <summary>A runner has it; also while it is being stopped, for which there is no word (wire.md 2.6).</summary>
    Running,

    /// <summary>It was executed to its end, whatever the verdict.</summary>
    Completed,

    /// <summary>It could not be executed to its end.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

public static class TesterArmyRunStatuses
{
    /// <summary>
    /// The status of a run. One that a runner has taken is running, whether it began or not: it can no longer be cancelled as a queued
    /// one.
    /// </summary>
    public static TesterArmyRunStatus StatusOf(Run run) => run.State switch
    {
        RunState.Queued => TesterArmyRunStatus.Queued,
        RunState.Claimed or RunState.Running or RunState.Cancelling => TesterArmyRunStatus.Running,
        RunState.Passed or RunState.Degraded => TesterArmyRunStatus.Completed,
        RunState.Failed => run.Final is { HasErrors: true } ? TesterArmyRunStatus.Failed : TesterArmyRunStatus.Completed,
        RunState.TimedOut or RunState.Lost => TesterArmyRunStatus.Failed,
        RunState.Cancelled => TesterArmyRunStatus.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(run), run.State, "A run state that has no word."),
    };

    /// <summary>The states of open runs that read so; none for a status of settled ones.</summary>
    public static IReadOnlyCollection<RunState> OpenStatesOf(TesterArmyRunStatus status) => status switch
    {
        TesterArmyRunStatus.Queued => [RunState.Queued],
        TesterArmyRunStatus.Running => [RunState.Claimed, RunState.Running, RunState.Cancelling],
        _ => [],
    };

    /// <summary>
    /// The statuses that settled sessions of such runs may have; none for a status of open ones. A failed session may read completed or
    /// failed: only its run knows whether there was a verdict.
    /// </summary>
    public static IReadOnlyCollection<SessionStatus> SettledStatusesOf(TesterArmyRunStatus status) => status switch
    {
        TesterArmyRunStatus.Completed => [SessionStatus.Passed, SessionStatus.Degraded, SessionStatus.Failed],
        TesterArmyRunStatus.Failed => [SessionStatus.Failed, SessionStatus.TimedOut],
        TesterArmyRunStatus.Cancelled => [SessionStatus.Cancelled],
        _ => [],
    };
}
