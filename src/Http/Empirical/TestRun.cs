namespace Ledger.Http.Empirical;

/// <summary>A test run as lists show it: a session of kind <c>run</c>, in whichever dialect it was triggered.</summary>
/// <param name="Id">The session's number.</param>
/// <param name="TotalCount">
/// The tests that the runner has reported, here and below by how they ended; none before the end. Those that were cut off count in the
/// total alone.
/// </param>
/// <param name="FlakyCount">Passed after a failed try.</param>
/// <param name="Duration">Milliseconds from the start to the end; null while it has not ended, or when it never started.</param>
/// <param name="TestRunBranch">The branch of the tests, or else of the build that is tested.</param>
/// <param name="EnvironmentId">What the filter <c>environment_ids</c> finds it by.</param>
/// <param name="EnvironmentName">The slug once more: the ledger knows no other name.</param>
public record TestRun(
    long Id,
    TestRunState State,
    int TotalCount,
    int SuccessCount,
    int FailedCount,
    int SkippedCount,
    int FlakyCount,
    long? Duration,
    string? TestRunBranch,
    int? EnvironmentId,
    string? EnvironmentSlug,
    string? EnvironmentName,
    string? BuildUrl,
    string? BuildBranch,
    string? Commit,
    DateTimeOffset CreatedAt)
{
    /// <summary>The name under which the session list finds the branch.</summary>
    public const string BranchMember = "branchName";

    /// <summary>The name under which the session list finds the commit.</summary>
    public const string CommitMember = "commitId";

    public static TestRun Of(SessionSummary session)
    {
        var run = session.Run!;
        var tests = run.Result?.Tests ?? TestCounts.None;
        var environment = session.Metadata.Text("environment");
        var build = session.Metadata.Member("build");
        return new TestRun(
            session.Number,
            TestRunStates.Of(run.State),
            tests.Total,
            tests.Passed,
            tests.Failed,
            tests.Skipped,
            tests.Flaky,
            (session.SettledAt - run.StartedAt) is { } duration ? Math.Max(0, (long)duration.TotalMilliseconds) : null,
            session.Metadata.Text(BranchMember),
            environment is null ? null : StableNumber.Of(environment),
            environment,
            environment,
            build.Text("url"),
            build.Text("branch"),
            session.Metadata.Text(CommitMember),
            session.TriggeredAt);
    }
}

/// <summary>The state of a test run; the last three are terminal.</summary>
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
    /// <see cref="TestRunState.Queued"/> promises that.
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
