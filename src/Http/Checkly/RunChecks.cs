namespace Ledger.Http.Checkly;

/// <summary>Schedules one session with a run of each job that <c>checkly test</c> sends.</summary>
public static class RunChecksEndpoint
{
    /// <summary>The most bytes of the body, compressed or not.</summary>
    public const int MaximumBytes = 64 * 1024 * 1024;

    [WolverinePost("/v1/test-sessions/run"), Authorize(Scopes.Command), Errors(400, 401, 403, 413, 429), Tags("Checkly: command line")]
    [BodyLimit(MaximumBytes), RequestSizeLimit(MaximumBytes)]
    [EndpointSummary("Schedules one session with a run of each job: what is executed comes with the request and its code bundle.")]
    public static async Task<Accepted<ScheduledChecks>> Post(
        [FromBody] ChecksRun asked, Caller caller, BundleStore store, ChecklySessions sessions, HttpContext context)
    {
        var name = Inputs.Name("name", asked.Name);
        var project = Inputs.OptionalName("project.logicalId", asked.Project?.LogicalId);
        var location = RunLocation.NameOf(asked.RunLocation);
        var bytes = asked.CheckRunJobs.Sum(job => (long)JsonSize.OfText(job));
        var jobs = await LargeWork.RunAsync(bytes, () => JobsOf(asked));
        var metadata = SuiteMetadata.Of(context.Request, asked.RepoInfo, asked.Environment, SuiteOf(jobs), asked.StreamLogs);
        var keys = jobs.Select(job => job.Work.BundleKey).OfType<Guid>().ToHashSet();
        var bundles = await store.RequireAsync(caller.AccountId, keys, context.RequestAborted);
        var now = sessions.Now;
        var command = await LargeWork.RunAsync(bytes, () => sessions.CommandOf(
            caller,
            SessionKind.Test,
            name,
            asked.ShouldRecord ? SessionSource.TestRecord : SessionSource.TestNoRecord,
            metadata,
            jobs.Select(job => job.At(location, asked.RefreshCache, bundles, now))));
        var made = await sessions.TriggerAsync(context, caller, command with { Project = project });
        return TypedResults.Accepted((string?)null, AnswerOf(made[0], jobs, asked.ShouldRecord));
    }

    private static List<PlannedJob> JobsOf(ChecksRun asked)
    {
        if (asked.CheckRunJobs.Count is 0 or > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'checkRunJobs' must be 1 to {Limits.Runs} jobs.");
        }

        var jobs = asked.CheckRunJobs.Select((raw, at) => PlannedJob.Read(raw, $"checkRunJobs[{at}]")).ToList();
        return jobs.DistinctBy(job => job.Job.LogicalId, StringComparer.Ordinal).Count() == jobs.Count
            ? jobs
            : throw RequestRejected.BadRequest("Two items of 'checkRunJobs' have the same 'logicalId'.");
    }

    private static Guid? SuiteOf(List<PlannedJob> jobs) =>
        jobs.Select(job => job.Job.SourceInfo?.CheckRunSuiteId).Distinct().ToList() is [var suite]
            ? suite
            : throw RequestRejected.BadRequest("All items of 'checkRunJobs' must have the same 'sourceInfo.checkRunSuiteId'.");

    private static ScheduledChecks AnswerOf(Session session, List<PlannedJob> jobs, bool recorded)
    {
        var sequences = jobs.Zip(session.Runs, (job, run) => KeyValuePair.Create(job.Job.LogicalId!, run.SequenceId)).ToDictionary();
        return new ScheduledChecks(
            SchedulingIds.Derived(session.Id),
            recorded ? session.Id : null,
            recorded ? sequences.ToDictionary(run => run.Key, run => ResultIds.Derived(run.Value)) : null,
            sequences);
    }
}

/// <summary>The body with which <c>checkly test</c> schedules the checks of a project, registered or not.</summary>
/// <param name="StreamLogs">Whether the user wants log lines while it runs.</param>
public sealed record ChecksRun(
    string? Name = null,
    ProjectOfRun? Project = null,
    RunLocation? RunLocation = null,
    TestSessionMetadata? RepoInfo = null,
    string? Environment = null,
    bool ShouldRecord = true,
    bool StreamLogs = false,
    bool RefreshCache = false)
{
    /// <summary>
    /// One for each run, at least one: see <see cref="CheckRunJob"/>, <see cref="PlaywrightJob"/> and <see cref="ApiJob"/>.
    /// </summary>
    public IReadOnlyList<JsonElement> CheckRunJobs { get; init; } = [];
}

/// <summary>The project that checks belong to.</summary>
/// <param name="LogicalId">Its name, unique in the account.</param>
public sealed record ProjectOfRun(string? LogicalId = null, string? Name = null, string? RepoUrl = null);

/// <summary>
/// The answer, by logical id, not by check. A user who does not record gets no session and no results named.
/// </summary>
/// <param name="SchedulingId">By which the end of the scheduling can be awaited.</param>
public sealed record ScheduledChecks(
    Guid SchedulingId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? TestSessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, Guid>? TestResultIds,
    IReadOnlyDictionary<string, Guid> SequenceIds);

/// <summary>
/// Says that a scheduling has succeeded. It was done in the transaction of the request that asked for it, so nobody ever waits, on whichever
/// host and after whatever restart.
/// </summary>
public static class AwaitSchedulingEndpoint
{
    [WolverineGet("/v1/test-sessions/scheduling/{schedulingId}/completion"), Authorize(Scopes.Read), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: command line"), EndpointSummary("Answers when the runs of a session are scheduled: at once.")]
    [QueryNumber("maxWaitSeconds", "How long to wait, 1 to 30 seconds; 30 when absent.")]
    public static async Task<Scheduling> Get(string schedulingId, Caller caller, SessionWriter sessions, HttpContext context)
    {
        var id = Inputs.Uuid(nameof(schedulingId), schedulingId);
        LongPoll.MaxWaitOf(context.Request, wholeSeconds: false);
        return await sessions.ReadAsync(caller, SchedulingIds.Derived(id), context.RequestAborted) is { Session: { Kind: SessionKind.Test } session }
            && session.Source is SessionSource.TestRecord or SessionSource.TestNoRecord
                ? new Scheduling(id, session)
                : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>A scheduling, which is over: it was the same moment at which it was asked for.</summary>
public sealed class Scheduling(Guid id, Session session)
{
    public Guid SchedulingId => id;

    /// <summary>The session; null when it is not recorded.</summary>
    public Guid? TestSessionId => session.Source is SessionSource.TestRecord ? session.Id : null;
    public string Status => "SUCCEEDED";
    public int ChecksTotal => session.Runs.Length;
    public SchedulingError? Error { get; init; }
    public DateTimeOffset CreatedAt => session.TriggeredAt;
    public DateTimeOffset? StartedAt => session.TriggeredAt;
    public DateTimeOffset? EndedAt => session.TriggeredAt;
}

/// <summary>Why a scheduling failed, which none does.</summary>
public sealed record SchedulingError(string Code, string Message);
