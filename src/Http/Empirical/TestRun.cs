using System.Text.Json;
using Ledger.Http.Requests;
using Ledger.Projections.SessionList;
using Ledger.Sessions;

namespace Ledger.Http.Empirical;

/// <summary>A test run as lists show it: a session of kind <c>run</c>, in whichever dialect it was triggered.</summary>
public record TestRun
{
    /// <summary>The session's number.</summary>
    public required long Id { get; init; }

    public required TestRunState State { get; init; }

    /// <summary>
    /// The tests that the runner has reported, here and below by how they ended; none before the end. Those that were cut off count in the
    /// total alone.
    /// </summary>
    public required int TotalCount { get; init; }

    public required int SuccessCount { get; init; }

    public required int FailedCount { get; init; }

    public required int SkippedCount { get; init; }

    /// <summary>Passed after a failed try.</summary>
    public required int FlakyCount { get; init; }

    /// <summary>Milliseconds from the start to the end; null while it has not ended, or when it never started.</summary>
    public required long? Duration { get; init; }

    public required string? TestRunBranch { get; init; }

    /// <summary>What the filter <c>environment_ids</c> finds it by.</summary>
    public required int? EnvironmentId { get; init; }

    public required string? EnvironmentSlug { get; init; }

    /// <summary>The slug once more: the ledger knows no other name.</summary>
    public required string? EnvironmentName { get; init; }

    public required string? BuildUrl { get; init; }

    public required string? BuildBranch { get; init; }

    public required string? Commit { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public static TestRun Of(SessionSummary session)
    {
        var run = session.Run!;
        var facts = new TestRunFacts(session.Metadata);
        var tests = run.Result?.Tests ?? TestCounts.None;
        return new TestRun
        {
            Id = session.Number,
            State = TestRunStates.Of(run.State),
            TotalCount = tests.Total,
            SuccessCount = tests.Passed,
            FailedCount = tests.Failed,
            SkippedCount = tests.Skipped,
            FlakyCount = tests.Flaky,
            Duration = (session.SettledAt - run.StartedAt) is { } duration ? Math.Max(0, (long)duration.TotalMilliseconds) : null,
            TestRunBranch = facts.Branch,
            EnvironmentId = facts.Environment is { } environment ? StableNumber.Of(environment) : null,
            EnvironmentSlug = facts.Environment,
            EnvironmentName = facts.Environment,
            BuildUrl = facts.BuildUrl,
            BuildBranch = facts.BuildBranch,
            Commit = facts.Commit,
            CreatedAt = session.TriggeredAt,
        };
    }
}

/// <summary>
/// What this dialect shows of a session's metadata. The session may have been triggered in another dialect, so that nothing of it need be
/// there or be of the form that is expected.
/// </summary>
public readonly struct TestRunFacts(JsonElement? metadata)
{
    /// <summary>The name under which the session list finds the branch.</summary>
    public const string BranchName = "branchName";

    /// <summary>The name under which the session list finds the commit.</summary>
    public const string CommitId = "commitId";

    /// <summary>The slug of the environment.</summary>
    public string? Environment => metadata.Text("environment");

    /// <summary>The branch of the tests, or else of the build that is tested.</summary>
    public string? Branch => metadata.Text(BranchName);

    /// <summary>Where the build is served.</summary>
    public string? BuildUrl => Build.Text("url");

    /// <summary>The branch that was built.</summary>
    public string? BuildBranch => Build.Text("branch");

    /// <summary>The commit that was built.</summary>
    public string? Commit => metadata.Text(CommitId);

    /// <summary>The test cases that the trigger asked for; null when it asked for all.</summary>
    public IReadOnlyList<JsonElement>? TestCaseIds =>
        metadata.Member("test_case_ids") is { ValueKind: JsonValueKind.Array } ids ? [.. ids.EnumerateArray()] : null;

    private JsonElement? Build => metadata.Member("build");
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
