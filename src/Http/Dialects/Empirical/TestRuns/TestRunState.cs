using System.Text.Json.Serialization;
using Ledger.Serialization;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Empirical.TestRuns;

/// <summary>The state of a test run (wire.md 9); the last three are terminal.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter))]
public enum TestRunState
{
    /// <summary>Not accepted yet. The ledger queues every run with its first event, so none is ever seen in this state.</summary>
    Pending,

    /// <summary>Waiting for a runner, or for the earlier runs of its concurrency group.</summary>
    Queued,

    /// <summary>A runner has it.</summary>
    Started,

    /// <summary>A cancel is recorded, and the runner has not stopped yet.</summary>
    Cancelling,

    /// <summary>It came to its own end, passed or failed.</summary>
    Ended,

    /// <summary>It could not come to its end: it took longer than it may, or its runner vanished.</summary>
    Error,

    /// <summary>Stopped because of a cancel.</summary>
    Cancelled,
}

/// <summary>How the states of this dialect and those of the domain correspond.</summary>
public static class TestRunStates
{
    /// <summary>
    /// The state of a run. One that a runner has claimed counts as started: a cancel no longer settles it at once, and only
    /// <see cref="TestRunState.Queued"/> promises that (wire.md 6.1).
    /// </summary>
    public static TestRunState Of(RunState state) => state switch
    {
        RunState.Queued => TestRunState.Queued,
        RunState.Claimed or RunState.Running => TestRunState.Started,
        RunState.Cancelling => TestRunState.Cancelling,
        RunState.Passed or RunState.Failed or RunState.Degraded => TestRunState.Ended,
        RunState.TimedOut or RunState.Lost => TestRunState.Error,
        RunState.Cancelled => TestRunState.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state without a word in this dialect."),
    };

    /// <summary>The state of a plain run's session.</summary>
    public static TestRunState Of(Session session) => Of(session.Runs[0].State);

    /// <summary>The open states of the domain that this one stands for; none for a terminal one.</summary>
    public static IReadOnlyList<RunState> OpenStatesOf(TestRunState state) => state switch
    {
        TestRunState.Queued => [RunState.Queued],
        TestRunState.Started => [RunState.Claimed, RunState.Running],
        TestRunState.Cancelling => [RunState.Cancelling],
        _ => [],
    };

    /// <summary>The statuses of settled sessions that this state stands for; none for an open one.</summary>
    public static IReadOnlyList<SessionStatus> StatusesOf(TestRunState state) => state switch
    {
        TestRunState.Ended => [SessionStatus.Passed, SessionStatus.Degraded, SessionStatus.Failed],
        TestRunState.Error => [SessionStatus.TimedOut],
        TestRunState.Cancelled => [SessionStatus.Cancelled],
        _ => [],
    };
}
