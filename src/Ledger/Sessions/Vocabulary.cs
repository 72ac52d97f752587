using System.Text.Json.Serialization;

namespace Ledger.Sessions;

/// <summary>What a session executes, and with it who may see it and whether it can alert.</summary>
public enum SessionKind
{
    /// <summary>One registered check fanned out over its locations; alerts apply.</summary>
    Check,

    /// <summary>Many checks of any type; never alerts.</summary>
    Test,

    /// <summary>A plain test run as Empirical, Stably and TesterArmy know it: one session with one run.</summary>
    Run,
}

/// <summary>What caused a session to run. The names are Checkly's run sources, the widest published list.</summary>
public enum SessionSource
{
    /// <summary>A deployment by the command line.</summary>
    [JsonStringEnumMemberName("CLI_DEPLOY")] CliDeploy,

    /// <summary>A deployment event.</summary>
    [JsonStringEnumMemberName("DEPLOYMENT")] Deployment,

    /// <summary>A cache warm-up after a deployment.</summary>
    [JsonStringEnumMemberName("DEPLOYMENT_CACHE_WARMER")] DeploymentCacheWarmer,

    /// <summary>An interactive editor.</summary>
    [JsonStringEnumMemberName("EDITOR")] Editor,

    /// <summary>"Run all" on a group.</summary>
    [JsonStringEnumMemberName("GROUP_RUN_ALL")] GroupRunAll,

    /// <summary>An old-style trigger URL.</summary>
    [JsonStringEnumMemberName("LEGACY_TRIGGER")] LegacyTrigger,

    /// <summary>A schedule. Runs that a scheduler started are never cancellable (docs/domain.md#rule-1).</summary>
    [JsonStringEnumMemberName("SCHEDULER")] Scheduler,

    /// <summary>A person who pressed "schedule now".</summary>
    [JsonStringEnumMemberName("SCHEDULE_NOW")] ScheduleNow,

    /// <summary>A test from the command line that is not recorded for its user.</summary>
    [JsonStringEnumMemberName("TEST_NO_RECORD")] TestNoRecord,

    /// <summary>A recorded test from the command line.</summary>
    [JsonStringEnumMemberName("TEST_RECORD")] TestRecord,

    /// <summary>A trigger from the command line that is not recorded for its user.</summary>
    [JsonStringEnumMemberName("TRIGGER_NO_RECORD")] TriggerNoRecord,

    /// <summary>A recorded trigger from the command line.</summary>
    [JsonStringEnumMemberName("TRIGGER_RECORD")] TriggerRecord,

    /// <summary>A request to a public interface.</summary>
    [JsonStringEnumMemberName("TRIGGER_API")] TriggerApi,
}

/// <summary>What happens to earlier open sessions of the same concurrency group when a new one is triggered.</summary>
public enum ConflictBehaviour
{
    /// <summary>The new session waits until the earlier ones are settled.</summary>
    Queue,

    /// <summary>The ledger cancels the earlier ones, cause <see cref="CancelCause.Superseded"/>; the new one starts when they have stopped.</summary>
    CancelPrevious,
}

/// <summary>Where one run stands. The first four are open; the others are terminal and never change.</summary>
public enum RunState
{
    /// <summary>Waiting for a runner.</summary>
    Queued,

    /// <summary>A runner holds its lease and has not begun.</summary>
    Claimed,

    /// <summary>A runner executes it.</summary>
    Running,

    /// <summary>A cancel was recorded and the run has not settled yet.</summary>
    Cancelling,

    /// <summary>Finished without failure.</summary>
    Passed,

    /// <summary>Finished with a failure or an error.</summary>
    Failed,

    /// <summary>Finished, slower than it should.</summary>
    Degraded,

    /// <summary>Stopped because of a recorded cancel, or settled so when nobody confirmed the stop in time.</summary>
    Cancelled,

    /// <summary>It exceeded its own limit.</summary>
    TimedOut,

    /// <summary>Its runner vanished while no cancel was open.</summary>
    Lost,
}

/// <summary>What the states of runs have in common.</summary>
public static class RunStates
{
    /// <summary>Whether a run in this state can still change (docs/domain.md#rule-3).</summary>
    public static bool IsOpen(this RunState state) => state is RunState.Queued or RunState.Claimed or RunState.Running or RunState.Cancelling;
}

/// <summary>Status of a whole session, always derived from its runs.</summary>
public enum SessionStatus
{
    /// <summary>Open, no result yet.</summary>
    [JsonStringEnumMemberName("STARTED")] Started,

    /// <summary>Open, some results and none bad.</summary>
    [JsonStringEnumMemberName("PROGRESS")] Progress,

    /// <summary>Open, at least one run has failed.</summary>
    [JsonStringEnumMemberName("PROGRESS_FAILED")] ProgressFailed,

    /// <summary>Open, at least one run is degraded and none has failed.</summary>
    [JsonStringEnumMemberName("PROGRESS_DEGRADED")] ProgressDegraded,

    /// <summary>Open; the one word that test sessions have for it.</summary>
    [JsonStringEnumMemberName("RUNNING")] Running,

    /// <summary>Every run passed.</summary>
    [JsonStringEnumMemberName("PASSED")] Passed,

    /// <summary>At least one run failed.</summary>
    [JsonStringEnumMemberName("FAILED")] Failed,

    /// <summary>At least one run is degraded, none failed.</summary>
    [JsonStringEnumMemberName("DEGRADED")] Degraded,

    /// <summary>At least one run exceeded its limit or lost its runner, none was cancelled.</summary>
    [JsonStringEnumMemberName("TIMED_OUT")] TimedOut,

    /// <summary>At least one run was cancelled.</summary>
    [JsonStringEnumMemberName("CANCELLED")] Cancelled,
}

/// <summary>Through which interface a cancel came in.</summary>
public enum CancelVia
{
    /// <summary>Checkly's dialect.</summary>
    Checkly,

    /// <summary>Empirical's dialect.</summary>
    Empirical,

    /// <summary>Stably's dialect.</summary>
    Stably,

    /// <summary>TesterArmy's dialect.</summary>
    [JsonStringEnumMemberName("testerarmy")] TesterArmy,

    /// <summary>The native interface, or the ledger itself.</summary>
    Ledger,

    /// <summary>A user interface in front of the ledger.</summary>
    Ui,

    /// <summary>A command line in front of the ledger.</summary>
    Cli,
}

/// <summary>Why a cancel was asked for. A boolean is not enough: metrics go wrong both ways without it.</summary>
public enum CancelCause
{
    /// <summary>A person or their script asked.</summary>
    User,

    /// <summary>A newer session of the same concurrency group took over.</summary>
    Superseded,

    /// <summary>Another part of the same suite failed.</summary>
    FailFast,

    /// <summary>A limit of the platform in front of the ledger was exceeded.</summary>
    Timeout,

    /// <summary>The runner is shutting down.</summary>
    Shutdown,

    /// <summary>The platform itself.</summary>
    System,
}

/// <summary>Why a cancel left a run alone.</summary>
public enum SkipReason
{
    /// <summary>The run was settled already.</summary>
    AlreadyFinished,

    /// <summary>Its type, or its state in this dialect, is not cancellable.</summary>
    NotCancellable,

    /// <summary>A scheduler started it.</summary>
    Scheduled,

    /// <summary>The session has no such run.</summary>
    Unknown,
}

/// <summary>The channel by which a cancel signal reached the runner.</summary>
public enum DeliveryChannel
{
    /// <summary>The runner's signal stream.</summary>
    Stream,

    /// <summary>The answer to a heartbeat, or to a start.</summary>
    Heartbeat,

    /// <summary>The answer to a claim.</summary>
    Claim,
}

/// <summary>How the execution of a cancelled run came to its end.</summary>
public enum AbortManner
{
    /// <summary>It had not begun and never will (docs/domain.md#rule-2).</summary>
    NeverStarted,

    /// <summary>It obeyed the first signal.</summary>
    Graceful,

    /// <summary>It had to be killed.</summary>
    Killed,

    /// <summary>Its container was stopped.</summary>
    ContainerStopped,
}

/// <summary>Whether a report is about a failed try or about the run as a whole.</summary>
public enum ResultType
{
    /// <summary>A failed try; another follows.</summary>
    [JsonStringEnumMemberName("ATTEMPT")] Attempt,

    /// <summary>The run's result.</summary>
    [JsonStringEnumMemberName("FINAL")] Final,
}

/// <summary>What kind of report came too late (docs/domain.md#events).</summary>
public enum LateReportKind
{
    /// <summary>The run was said to start.</summary>
    Start,

    /// <summary>A cancel was acknowledged.</summary>
    Acknowledgement,

    /// <summary>An abort was reported.</summary>
    Abort,

    /// <summary>A result was reported.</summary>
    Result,
}

/// <summary>What kind of party an <see cref="Actor"/> is.</summary>
public enum ActorKind
{
    /// <summary>A person.</summary>
    User,

    /// <summary>An API key.</summary>
    ApiKey,

    /// <summary>A runner.</summary>
    Runner,

    /// <summary>The ledger itself.</summary>
    System,
}
