using Ledger.Http.Access;
using Ledger.Http.Bundles;
using Ledger.Http.Dialects.Checkly.Results;
using Ledger.Http.Dialects.Checkly.Scheduling.Completion;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Streams;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>Schedules one session with a run of each job that <c>checkly test</c> sends (wire.md 4.2).</summary>
public static class RunChecks
{
    /// <summary>Of the body, compressed or not (wire.md 2.4).</summary>
    private const int MaximumBytes = 64 * 1024 * 1024;

    public static void MapRunOfChecks(this IEndpointRouteBuilder routes) => routes
        .MapPost("/v1/test-sessions/run", HandleAsync)
        .RequireScope(Scope.Command)
        .WithMetadata(new RequestSizeLimitAttribute(MaximumBytes))
        .WithSummary("Schedules one session with a run of each job: what is executed comes with the request and its code bundle.")
        .Reads<ChecksRun>()
        .Produces<ScheduledChecks>(StatusCodes.Status202Accepted)
        .ProducesErrors(400, 401, 403, 413, 429);

    private static async Task<IResult> HandleAsync(HttpContext context, BundleStore store, SessionStreams sessions, TimeProvider clock)
    {
        var request = await Body.ReadRequiredJsonAsync<ChecksRun>(context.Request, ChecklyJson.Options, MaximumBytes);
        var name = Inputs.Name("name", request.Name);
        var project = Inputs.OptionalName("project.logicalId", request.Project?.LogicalId);
        var location = RunLocation.NameOf(request.RunLocation);
        var jobs = JobsOf(request);
        var metadata = SuiteMetadata.Of(context.Request, request.RepoInfo, request.Environment, SuiteOf(jobs), request.StreamLogs);
        var bundles = await BundlesOfAsync(jobs, context, store);
        var now = clock.GetUtcNow();
        var command = new TriggerSession(
            Guid.CreateVersion7(now),
            context.Key().AccountId,
            SessionKind.Test,
            project,
            name,
            request.ShouldRecord ? SessionSource.TestRecord : SessionSource.TestNoRecord,
            context.Key().Actor,
            ConcurrencyGroup: null,
            ConflictBehaviour.Queue,
            metadata,
            [.. jobs.Select(job => job.At(location, request.RefreshCache, bundles, now))]);
        var (made, refusal) = await sessions.TriggerAsync([command], context.EventContext(), context.RequestAborted);
        if (refusal is not null)
        {
            throw refusal.ToRejection();
        }

        context.SetPosition(made[0].LastPosition);
        return ChecklyResult.Json(AnswerOf(made[0].Session, request.ShouldRecord), StatusCodes.Status202Accepted);
    }

    private static List<PlannedJob> JobsOf(ChecksRun request)
    {
        if (request.CheckRunJobs.Count is 0 or > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'checkRunJobs' must be 1 to {Limits.Runs} jobs.");
        }

        var jobs = request.CheckRunJobs.Select((raw, at) => PlannedJob.Read(raw, $"checkRunJobs[{at}]")).ToList();
        return jobs.DistinctBy(job => job.Job.LogicalId, StringComparer.Ordinal).Count() == jobs.Count
            ? jobs
            : throw RequestRejected.BadRequest("Two items of 'checkRunJobs' have the same 'logicalId'.");
    }

    private static Guid? SuiteOf(List<PlannedJob> jobs) =>
        jobs.Select(job => job.Job.SourceInfo?.CheckRunSuiteId).Distinct().ToList() is [var suite]
            ? suite
            : throw RequestRejected.BadRequest("All items of 'checkRunJobs' must have the same 'sourceInfo.checkRunSuiteId'.");

    private static async Task<IReadOnlyDictionary<Guid, Bundle>> BundlesOfAsync(
        List<PlannedJob> jobs, HttpContext context, BundleStore store)
    {
        var keys = jobs.Select(job => job.Work.BundleKey).OfType<Guid>().ToHashSet();
        if (keys.Count == 0)
        {
            return new Dictionary<Guid, Bundle>();
        }

        var bundles = await store.FindAsync(context.Key().AccountId, keys, context.RequestAborted);
        return bundles.Count == keys.Count
            ? bundles
            : throw RequestRejected.BadRequest(
                $"'codeBundlePath' names no code bundle that is kept: {keys.First(key => !bundles.ContainsKey(key))}.");
    }

    private static ScheduledChecks AnswerOf(Session session, bool recorded) => new(
        SchedulingIds.Derived(session.Id),
        recorded ? session.Id : null,
        recorded ? session.Runs.ToDictionary(JobSpec.LogicalIdOf, run => ResultIds.Derived(run.SequenceId)) : null,
        session.Runs.ToDictionary(JobSpec.LogicalIdOf, run => run.SequenceId));
}
