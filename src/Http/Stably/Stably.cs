namespace Ledger.Http.Stably;

/// <summary>
/// Stably's public interface, and the part of it that its command line uses. Errors are <c>{error}</c> and nothing else, and there is no
/// 403: a missing scope is answered like a missing key.
/// </summary>
public sealed class StablyEnvelope() : Envelope("/internal/v1/cli")
{
    /// <summary>What a project has; to deploy and to destroy one is Checkly's.</summary>
    public override bool Claims(PathString path) => base.Claims(path)
        || (path.StartsWithSegments("/v1/projects", out var rest) && rest.Value!.Split('/') is not ([_, _] or [_, _, "deployments", ..]));

    protected override int StatusOf(int status) =>
        status == StatusCodes.Status403Forbidden ? StatusCodes.Status401Unauthorized : status;

    protected override object Body(Failure failure) => new StablyError(failure.Message);
}

public sealed record StablyError(string Error);

/// <summary>
/// Runs and projects. A project is a plain name inside the account; sessions without one, as other dialects make them, are those of the
/// project <see cref="ProjectChecks.DefaultProject"/>. A run's id is its session's, to clients an opaque text: one that is no uuid is simply
/// unknown, as are the sessions of other kinds, and whatever the caller does not see.
/// </summary>
public static class StablyRuns
{
    /// <summary>What a client says about itself.</summary>
    public static readonly ClientOrigin Origin = new(
        ("x-stably-source", "source"),
        ("x-stably-cli-version", "cliVersion"),
        ("x-stably-org-id", "orgId"));

    /// <summary>The run of that id in whichever project; null when the caller sees none.</summary>
    public static async Task<SessionSnapshot?> FindRunAsync(
        this SessionWriter sessions, Caller caller, string runId, CancellationToken cancellation) =>
        Guid.TryParseExact(runId, "D", out var id)
        && await sessions.ReadAsync(caller, id, cancellation) is { Session.Kind: SessionKind.Run } found ? found : null;

    /// <summary>The run of that id in that project; null when the project has none.</summary>
    public static async Task<SessionSnapshot?> FindRunAsync(
        this SessionWriter sessions, Caller caller, string projectId, string runId, CancellationToken cancellation) =>
        await sessions.FindRunAsync(caller, runId, cancellation) is { } found && IsOf(projectId, found.Session) ? found : null;

    public static string ProjectOf(Session session) => session.Project ?? ProjectChecks.DefaultProject;

    /// <summary>Whether a session is a run of this project; all others are unknown there.</summary>
    public static bool IsOf(string projectId, Session session) =>
        session.Kind is SessionKind.Run && string.Equals(ProjectOf(session), projectId, StringComparison.Ordinal);

    /// <summary>A project's name as sessions keep it: nothing for the default one.</summary>
    public static string? Kept(string projectId) => IsDefault(projectId) ? null : projectId;

    public static bool IsDefault(string projectId) => string.Equals(projectId, ProjectChecks.DefaultProject, StringComparison.Ordinal);

    /// <summary>All runs of a project. A key that is bound to one sees those alone that name it.</summary>
    public static SessionListQuery OfProject(Caller caller, string projectId) => new(caller.AccountId)
    {
        Kind = SessionKind.Run,
        Project = projectId,
        OrWithoutProject = caller.Project is null && IsDefault(projectId),
    };

    /// <summary>Whether a caller may know of a project.</summary>
    public static bool SeesProject(this Caller caller, string projectId) => caller.Project is null || caller.Project == projectId;
}

/// <summary>The facts about a run's trigger, kept in its session's metadata under the names that all dialects publish them by.</summary>
public static class RunFacts
{
    public const string BranchName = "branchName";
    public const string CommitId = "commitId";
    public const string Environment = "environment";
    public const string PlaywrightProjectName = "playwrightProjectName";

    /// <summary>The suite that a run belongs to, where the platform that triggered it names one; this dialect's own requests do not.</summary>
    public const string SuiteName = "suiteName";
}

/// <summary>Where a run stands, in Stably's words.</summary>
public enum RunStatus
{
    [JsonStringEnumMemberName("QUEUED")] Queued,
    [JsonStringEnumMemberName("RUNNING")] Running,
    [JsonStringEnumMemberName("PASSED")] Passed,
    [JsonStringEnumMemberName("FAILED")] Failed,
    [JsonStringEnumMemberName("TIMEDOUT")] TimedOut,
    [JsonStringEnumMemberName("CANCELLED")] Cancelled,
    [JsonStringEnumMemberName("INTERRUPTED")] Interrupted,
}

/// <summary>How the ledger's states read in this dialect.</summary>
public static class RunStatuses
{
    public static RunStatus StatusOf(Session session) => StatusOf(session.Runs[0].State);

    /// <summary>
    /// A run that a runner has taken is no longer queued, since a cancel does not settle it at once; one
    /// that is being stopped goes on running until it has stopped; one whose runner was lost was cut off from outside.
    /// </summary>
    public static RunStatus StatusOf(RunState state) => state switch
    {
        RunState.Queued => RunStatus.Queued,
        RunState.Claimed or RunState.Running or RunState.Cancelling => RunStatus.Running,
        RunState.Passed or RunState.Degraded => RunStatus.Passed,
        RunState.Failed => RunStatus.Failed,
        RunState.TimedOut => RunStatus.TimedOut,
        RunState.Cancelled => RunStatus.Cancelled,
        RunState.Lost => RunStatus.Interrupted,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state without a status."),
    };
}

public enum TestStatus
{
    [JsonStringEnumMemberName("PASSED")] Passed,
    [JsonStringEnumMemberName("FAILED")] Failed,
    [JsonStringEnumMemberName("TIMEDOUT")] TimedOut,
    [JsonStringEnumMemberName("SKIPPED")] Skipped,
    [JsonStringEnumMemberName("INTERRUPTED")] Interrupted,

    /// <summary>It passed after a failed try. Only the command line knows the word.</summary>
    [JsonStringEnumMemberName("FLAKY")] Flaky,
}

public static class TestStatuses
{
    /// <summary>As the command line is told.</summary>
    public static TestStatus Of(TestCaseStatus status) => status switch
    {
        TestCaseStatus.Passed => TestStatus.Passed,
        TestCaseStatus.Failed => TestStatus.Failed,
        TestCaseStatus.TimedOut => TestStatus.TimedOut,
        TestCaseStatus.Skipped => TestStatus.Skipped,
        TestCaseStatus.Interrupted => TestStatus.Interrupted,
        TestCaseStatus.Flaky => TestStatus.Flaky,
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A test's end without a word."),
    };

    /// <summary>As the public interface says it, which has no word for flaky: such a test has passed in the end.</summary>
    public static TestStatus PublicOf(TestCaseStatus status) => Of(status) is TestStatus.Flaky ? TestStatus.Passed : Of(status);
}
