using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Checkly;

/// <summary>Schedules one session with a run of each job that <c>checkly test</c> sends.</summary>
public static class RunChecksEndpoint
{
    /// <summary>Of the body, compressed or not.</summary>
    private const int MaximumBytes = 64 * 1024 * 1024;

    [WolverinePost("/v1/test-sessions/run"), Authorize(Scopes.Command), Errors(400, 401, 403, 413, 429), Tags("Checkly: command line")]
    [BodyLimit(MaximumBytes), RequestSizeLimit(MaximumBytes)]
    [EndpointSummary("Schedules one session with a run of each job: what is executed comes with the request and its code bundle.")]
    [ProducesResponseType<ScheduledChecks>(StatusCodes.Status202Accepted)]
    public static async Task<IResult> Post(
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
        return TypedResults.Json(AnswerOf(made[0], jobs, asked.ShouldRecord), Json.Options, statusCode: StatusCodes.Status202Accepted);
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
public sealed record ChecksRun
{
    /// <summary>What people call the session. Required.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// One for each run, at least one: see <see cref="CheckRunJob"/>, <see cref="PlaywrightJob"/> and <see cref="ApiJob"/>.
    /// </summary>
    public IReadOnlyList<JsonElement> CheckRunJobs { get; init; } = [];

    /// <summary>The project.</summary>
    public ProjectOfRun? Project { get; init; }

    /// <summary>Where all of it runs. Required.</summary>
    public RunLocation? RunLocation { get; init; }

    /// <summary>What is known of the code under test.</summary>
    public TestSessionMetadata? RepoInfo { get; init; }

    /// <summary>The environment under test.</summary>
    public string? Environment { get; init; }

    /// <summary>Whether the user wants to see the session again.</summary>
    public bool ShouldRecord { get; init; } = true;

    /// <summary>Whether the user wants log lines while it runs.</summary>
    public bool StreamLogs { get; init; }

    /// <summary>Whether the runner is to install dependencies from scratch.</summary>
    public bool RefreshCache { get; init; }
}

/// <summary>The project that the checks belong to.</summary>
public sealed record ProjectOfRun
{
    /// <summary>Its name, unique in the account.</summary>
    public string? LogicalId { get; init; }

    /// <summary>What people call it.</summary>
    public string? Name { get; init; }

    /// <summary>Where its code is.</summary>
    public string? RepoUrl { get; init; }
}

/// <summary>
/// The answer, by logical id, not by check. A user who does not record gets no session and no results named.
/// </summary>
/// <param name="SchedulingId">By which the end of the scheduling can be awaited.</param>
/// <param name="TestSessionId">The session, if it is recorded.</param>
/// <param name="TestResultIds">The results, if they are recorded.</param>
/// <param name="SequenceIds">The runs.</param>
public sealed record ScheduledChecks(
    Guid SchedulingId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? TestSessionId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, Guid>? TestResultIds,
    IReadOnlyDictionary<string, Guid> SequenceIds);

/// <summary>What a run's spec says about the job that it came from.</summary>
public static class JobSpec
{
    /// <summary>The check's name in its project.</summary>
    public const string LogicalId = "logicalId";

    /// <summary>The command line's own id for the run.</summary>
    public const string CheckRunId = "checkRunId";

    /// <summary>The command line's own id for a run; null for one that it gave none.</summary>
    public static Guid? CheckRunIdOf(Run run) =>
        run.Plan.Spec is { ValueKind: JsonValueKind.Object } spec
        && spec.TryGetProperty(CheckRunId, out var text)
        && text.ValueKind is JsonValueKind.String
        && text.TryGetGuid(out var id)
            ? id
            : null;
}

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
                ? Scheduling.Of(id, session)
                : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>A scheduling.</summary>
/// <param name="SchedulingId">Its id.</param>
/// <param name="TestSessionId">The session; null when it is not recorded.</param>
/// <param name="Status">Always <c>SUCCEEDED</c>.</param>
/// <param name="ChecksTotal">Runs that were scheduled.</param>
/// <param name="Error">Always null.</param>
/// <param name="CreatedAt">When it was asked for.</param>
/// <param name="StartedAt">The same moment.</param>
/// <param name="EndedAt">The same moment.</param>
public sealed record Scheduling(
    Guid SchedulingId,
    Guid? TestSessionId,
    string Status,
    int ChecksTotal,
    SchedulingError? Error,
    DateTimeOffset CreatedAt,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    private const string Succeeded = "SUCCEEDED";

    public static Scheduling Of(Guid id, Session session) => new(
        id,
        session.Source is SessionSource.TestRecord ? session.Id : null,
        Succeeded,
        session.Runs.Length,
        null,
        session.TriggeredAt,
        session.TriggeredAt,
        session.TriggeredAt);
}

/// <summary>Why a scheduling failed, which none does.</summary>
public sealed record SchedulingError(string Code, string Message);

/// <summary>
/// The ids of schedulings. A scheduling is done when its session is there, so all that is known of it stands in the session; its id leads
/// there and back (<see cref="MaskedIds"/>). It is not the session's own, which a user who does not record is not told.
/// </summary>
public static class SchedulingIds
{
    private static ReadOnlySpan<byte> Mask => [0xc6, 0x1d, 0x73, 0xa8, 0x4f, 0x92, 0x35];

    /// <summary>The scheduling of a session, or the session of a scheduling.</summary>
    public static Guid Derived(Guid id) => MaskedIds.Of(id, Mask);
}
