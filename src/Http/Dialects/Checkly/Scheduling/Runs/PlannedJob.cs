using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;
using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Targets;
using Ledger.Http.Dialects.Checkly.TestSessions;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions.Events;

namespace Ledger.Http.Dialects.Checkly.Scheduling.Runs;

/// <summary>A job that has been read: what becomes a run.</summary>
/// <param name="Job">What all jobs have in common.</param>
/// <param name="Work">What it executes.</param>
/// <param name="Variables">Its variables.</param>
public sealed record PlannedJob(CheckRunJob Job, JobWork Work, RunVariables Variables)
{
    private const string GroupBaseUrl = "GROUP_BASE_URL";

    /// <summary>Reads a job.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static PlannedJob Read(JsonElement raw, string where)
    {
        var job = JobWork.Parse<CheckRunJob>(raw, where);
        Inputs.CheckType($"{where}.checkType", job.CheckType);
        Inputs.Name($"{where}.name", job.Name);
        Inputs.Name($"{where}.logicalId", job.LogicalId);
        job.TestRetryStrategy?.Validate();
        if (job.DegradedResponseTime < 1 || job.MaxResponseTime < 1)
        {
            throw RequestRejected.BadRequest($"'degradedResponseTime' and 'maxResponseTime' of '{where}' must be at least 1 millisecond.");
        }

        return new PlannedJob(job, JobWork.Of(job, raw, where), VariablesOf(job));
    }

    /// <summary>The run of it.</summary>
    /// <param name="location">Where.</param>
    /// <param name="refreshCache">Whether dependencies are installed from scratch.</param>
    /// <param name="bundles">At least the bundle that it needs.</param>
    /// <param name="now">The time, for the sequence id.</param>
    public PlannedRun At(string location, bool refreshCache, IReadOnlyDictionary<Guid, Bundle> bundles, DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        CheckId: null,
        Job.CheckType!,
        Job.Name!,
        location,
        SpecWith(refreshCache, Work.BundleKey is { } key ? bundles[key] : null),
        DegradedAfterMs: Job.DegradedResponseTime,
        MaxResponseTimeMs: Job.MaxResponseTime);

    private JsonElement SpecWith(bool refreshCache, Bundle? bundle)
    {
        var spec = new JsonObject { [JobSpec.LogicalId] = Job.LogicalId };
        if (Job.SourceInfo?.CheckRunId is { } checkRunId)
        {
            spec[JobSpec.CheckRunId] = checkRunId.ToString();
        }

        Work.WriteTo(spec, bundle);
        Variables.TryWriteTo(spec);
        foreach (var (name, value) in TriggerOptions.MembersOf(refreshCache, Job.TestRetryStrategy))
        {
            spec[name] = JsonSerializer.SerializeToNode(value);
        }

        return JsonSerializer.SerializeToElement(spec);
    }

    private static RunVariables VariablesOf(CheckRunJob job)
    {
        var own = EnvironmentVariable.OfCommandLine(job.EnvironmentVariables ?? []);
        if (job.Group is not { } group)
        {
            return own;
        }

        var ofGroup = EnvironmentVariable.OfCommandLine(group.EnvironmentVariables ?? []);
        var baseUrl = group.ApiCheckDefaults?.Url is { Length: > 0 } url
            ? RunVariables.Of(new Dictionary<string, string?>(StringComparer.Ordinal) { [GroupBaseUrl] = url })
            : RunVariables.None;
        return baseUrl.With(ofGroup).With(own);
    }
}
