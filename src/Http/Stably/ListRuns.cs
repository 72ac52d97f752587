namespace Ledger.Http.Stably;

/// <summary>
/// Lists the runs of a project, newest first: <c>stably runs list</c>. The projection says which and what they look like, once it has come to the
/// end of the log.
/// </summary>
public static class ListRunsEndpoint
{
    [WolverineGet("/internal/v1/cli/runs"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 429), Tags("Stably: command line")]
    [EndpointSummary("Lists the runs of a project, newest first.")]
    [QueryText("projectId", "The project. Required.")]
    [QueryText("branchName", "A branch.")]
    [QueryNumber("limit", "Runs of a page, 1 to 100; 20 when absent.")]
    [QueryText("afterRunId", "Only runs newer than this one.")]
    [QueryText("beforeRunId", "Only runs older than this one: the last of the page before.")]
    [QueryText("source", "LOCAL, CI or WEB.")]
    [QueryText("status", "QUEUED, RUNNING, PASSED, FAILED, TIMEDOUT, CANCELLED or INTERRUPTED.")]
    [QueryText("suiteName", "The suite that a run's metadata names.")]
    [QueryText("trigger", "MANUAL, SCHEDULED, UI, API, GITHUB_ACTION or SUITE_RUN.")]
    public static async Task<StablyRunList> Get(
        HttpRequest request, Caller caller, SessionListReader list, Freshness freshness, SessionWriter sessions, CancellationToken cancellation)
    {
        var projectId = Inputs.Name("projectId", request.Query["projectId"]);
        var status = request.Word<RunStatus>("status");
        var (source, trigger) = (request.Word<RunSource>("source"), request.Word<RunTrigger>("trigger"));
        var sources = source is null && trigger is null ? [] : RunCause.SourcesOf(source, trigger);
        var query = StablyRuns.OfProject(caller, projectId) with
        {
            Branches = request.Text("branchName") is { } branch ? [branch] : [],
            Sources = sources,
            Metadata = request.Text("suiteName") is { } suite
                ? new Dictionary<string, string>(StringComparer.Ordinal) { [RunFacts.SuiteName] = suite }
                : new Dictionary<string, string>(StringComparer.Ordinal),
            Limit = request.Limit(),
            AfterNumber = await NumberAsync("afterRunId"),
            BeforeNumber = await NumberAsync("beforeRunId"),
        };
        if (!caller.SeesProject(projectId) || (sources.Count == 0 && (source, trigger) is not (null, null)))
        {
            return new StablyRunList([], HasMore: false);
        }

        await freshness.WaitForHeadAsync(SessionListReader.ProjectionName, cancellation);
        var page = await list.ReadAsync(Narrow(query, status), cancellation);
        return new StablyRunList([.. page.Sessions.Select(StablyRunEntry.Of)], page.NextCursor is not null);

        async Task<long?> NumberAsync(string name) => request.Text(name) is not { } runId
            ? null
            : (await sessions.FindRunAsync(caller, projectId, runId, cancellation))?.FirstPosition
                ?? throw RequestRejected.BadRequest($"'{name}' must be a run of this project.");
    }

    /// <summary>The statuses of sessions that can have this one, for their index; the state of the one run where they say too little.</summary>
    private static SessionListQuery Narrow(SessionListQuery query, RunStatus? status) => status switch
    {
        null => query,
        RunStatus.Queued => query with { OnlyOpen = true, RunStates = [RunState.Queued] },
        RunStatus.Running => query with { OnlyOpen = true, RunStates = [RunState.Claimed, RunState.Running, RunState.Cancelling] },
        RunStatus.Passed => query with { Statuses = [SessionStatus.Passed, SessionStatus.Degraded] },
        RunStatus.Failed => query with { Statuses = [SessionStatus.Failed] },
        RunStatus.Cancelled => query with { Statuses = [SessionStatus.Cancelled] },
        RunStatus.TimedOut => query with { Statuses = [SessionStatus.TimedOut], RunStates = [RunState.TimedOut] },
        RunStatus.Interrupted => query with { Statuses = [SessionStatus.TimedOut], RunStates = [RunState.Lost] },
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A status that cannot be looked for."),
    };
}

/// <summary>A page of runs.</summary>
/// <param name="Runs">Newest first.</param>
/// <param name="HasMore">Whether there are older ones; <c>beforeRunId</c> with the last one's id reads on.</param>
public sealed record StablyRunList(IReadOnlyList<StablyRunEntry> Runs, bool HasMore);

/// <summary>A run in a list.</summary>
/// <param name="TotalCount">How many tests it reported.</param>
public sealed record StablyRunEntry(Guid RunId, RunStatus Status, string? BranchName, DateTimeOffset? StartedAt, int TotalCount)
{
    public static StablyRunEntry Of(SessionSummary session) => new(
        session.SessionId,
        RunStatuses.StatusOf(session.Run!.State),
        session.Metadata.Text(RunFacts.BranchName),
        session.Run.StartedAt,
        session.Run.Result?.Tests.Total ?? 0);
}

/// <summary>Where a run was started.</summary>
public enum RunSource
{
    [JsonStringEnumMemberName("LOCAL")] Local,
    [JsonStringEnumMemberName("CI")] Ci,
    [JsonStringEnumMemberName("WEB")] Web,
}

/// <summary>What started a run.</summary>
public enum RunTrigger
{
    [JsonStringEnumMemberName("MANUAL")] Manual,
    [JsonStringEnumMemberName("SCHEDULED")] Scheduled,
    [JsonStringEnumMemberName("UI")] Ui,
    [JsonStringEnumMemberName("API")] Api,
    [JsonStringEnumMemberName("GITHUB_ACTION")] GithubAction,
    [JsonStringEnumMemberName("SUITE_RUN")] SuiteRun,
}

/// <summary>
/// How the ledger's sources read in this dialect. A request to a public interface, which is what creates a run here, counts as CI's; the
/// ledger cannot tell whether it came from a GitHub action, unless a deployment says so.
/// </summary>
public static class RunCause
{
    public static (RunSource Source, RunTrigger Trigger) Of(SessionSource source) => source switch
    {
        SessionSource.TriggerApi or SessionSource.LegacyTrigger => (RunSource.Ci, RunTrigger.Api),
        SessionSource.Deployment or SessionSource.DeploymentCacheWarmer or SessionSource.CliDeploy => (RunSource.Ci, RunTrigger.GithubAction),
        SessionSource.TestRecord or SessionSource.TestNoRecord => (RunSource.Local, RunTrigger.Manual),
        SessionSource.TriggerRecord or SessionSource.TriggerNoRecord => (RunSource.Local, RunTrigger.Manual),
        SessionSource.Scheduler => (RunSource.Web, RunTrigger.Scheduled),
        SessionSource.ScheduleNow => (RunSource.Web, RunTrigger.Manual),
        SessionSource.Editor => (RunSource.Web, RunTrigger.Ui),
        SessionSource.GroupRunAll => (RunSource.Web, RunTrigger.SuiteRun),
        _ => throw new ArgumentOutOfRangeException(nameof(source), source, "A source that has no place here."),
    };

    /// <summary>The ledger's sources that read so; null stands for any. None for a pair that never occurs.</summary>
    public static IReadOnlyList<SessionSource> SourcesOf(RunSource? source, RunTrigger? trigger) =>
    [
        .. Enum.GetValues<SessionSource>().Where(candidate => Of(candidate) is var cause
            && (source is null || cause.Source == source)
            && (trigger is null || cause.Trigger == trigger)),
    ];
}
