using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Http.Bundles;
using Ledger.Http.Checks;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Http.Checkly;

/// <summary>What all jobs have in common, whatever they execute.</summary>
public sealed record CheckRunJob
{
    /// <summary>One of the known types. Required.</summary>
    public string? CheckType { get; init; }

    /// <summary>What people call the run. Required.</summary>
    public string? Name { get; init; }

    /// <summary>Its name in the project, unique in the request. Required.</summary>
    public string? LogicalId { get; init; }

    /// <summary>The command line's own ids.</summary>
    public JobSource? SourceInfo { get; init; }

    /// <summary>The check's own, and those of the command line.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>When the run is tried again; null for never. The check's own <c>retryStrategy</c> is for its schedule.</summary>
    public RetryStrategy? TestRetryStrategy { get; init; }

    /// <summary>The group that the check belongs to.</summary>
    public JobGroup? Group { get; init; }

    /// <summary>From this many milliseconds on the run is degraded.</summary>
    public long? DegradedResponseTime { get; init; }

    /// <summary>From this many milliseconds on the run has failed.</summary>
    public long? MaxResponseTime { get; init; }
}

/// <summary>By which the command line knows what it waits for.</summary>
public sealed record JobSource
{
    /// <summary>The same for all jobs of a request; part of the topic of their messages.</summary>
    public Guid? CheckRunSuiteId { get; init; }

    /// <summary>The job's own; part of the topic as well.</summary>
    public Guid? CheckRunId { get; init; }
}

/// <summary>What a group says for all of its checks.</summary>
public sealed record JobGroup
{
    /// <summary>A check's own of the same name come first.</summary>
    public IReadOnlyList<EnvironmentVariable>? EnvironmentVariables { get; init; }

    /// <summary>For API checks.</summary>
    public ApiDefaults? ApiCheckDefaults { get; init; }

    /// <summary>A script that the supplied runner does not execute.</summary>
    public string? LocalSetupScript { get; init; }

    /// <summary>A script that the supplied runner does not execute.</summary>
    public string? LocalTearDownScript { get; init; }
}

/// <summary>A job that has been read: what becomes a run.</summary>
/// <param name="Job">What all jobs have in common.</param>
/// <param name="Work">What it executes.</param>
/// <param name="Variables">Its variables.</param>
public sealed record PlannedJob(CheckRunJob Job, JobWork Work, RunVariables Variables)
{
    private const string GroupBaseUrl = "GROUP_BASE_URL";

    /// <summary>Reads a job.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static PlannedJob Read(JsonElement raw, string where) => Read(JobWork.Parse<CheckRunJob>(raw, where), raw, where);

    /// <summary>Reads a job whose common part has been read.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static PlannedJob Read(CheckRunJob job, JsonElement raw, string where)
    {
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
        SpecWith(refreshCache, bundles),
        DegradedAfterMs: Job.DegradedResponseTime,
        MaxResponseTimeMs: Job.MaxResponseTime);

    /// <summary>What is executed, for a run or for a registered check.</summary>
    /// <param name="refreshCache">Whether dependencies are installed from scratch.</param>
    /// <param name="bundles">At least the bundle that it needs.</param>
    public JsonElement SpecWith(bool refreshCache, IReadOnlyDictionary<Guid, Bundle> bundles)
    {
        var spec = new JsonObject { [JobSpec.LogicalId] = Job.LogicalId };
        if (Job.SourceInfo?.CheckRunId is { } checkRunId)
        {
            spec[JobSpec.CheckRunId] = checkRunId.ToString();
        }

        Work.WriteTo(spec, Work.BundleKey is { } key ? bundles[key] : null);
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

/// <summary>
/// What a job executes: by its type a command in a bundle, an HTTP request, or something that the supplied runner does not know.
/// </summary>
public abstract record JobWork
{
    /// <summary>The bundle that it needs; null for none.</summary>
    public virtual Guid? BundleKey => null;

    /// <summary>Reads the work of a job.</summary>
    /// <param name="job">What all jobs have in common.</param>
    /// <param name="raw">The job as it came.</param>
    /// <param name="where">Which of the jobs, for messages.</param>
    /// <exception cref="RequestRejected">400 for a job that cannot be executed as it is.</exception>
    public static JobWork Of(CheckRunJob job, JsonElement raw, string where) => job.CheckType switch
    {
        CheckTypes.Playwright => PlaywrightJob.Read(raw, where),
        "API" or "URL" => ApiJob.Read(job, raw, where),
        "HEARTBEAT" => throw RequestRejected.BadRequest($"'{where}' is a heartbeat: it waits for a ping, there is nothing to run."),
        var type => new UnknownJob(raw, $"The supplied runner executes no checks of type {type}."),
    };

    /// <summary>Writes it into a run's spec.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="bundle">The bundle of <see cref="BundleKey"/>; null without one.</param>
    public abstract void WriteTo(JsonObject spec, Bundle? bundle);

    /// <summary>A job, or a part of one, as a type of ours.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static T Parse<T>(JsonElement json, string where)
        where T : class
    {
        try
        {
            var part = json.Deserialize<T>(Json.Options) ?? throw RequestRejected.BadRequest($"'{where}' must not be null.");
            NullItems.Reject(part);
            return part;
        }
        catch (JsonException fault)
        {
            throw RequestRejected.BadRequest($"The body is not what is expected at $.{where}{fault.Path?.TrimStart('$')}.");
        }
    }
}

/// <summary>A Playwright check suite: a command in a directory of an uploaded bundle.</summary>
public sealed record PlaywrightJob : JobWork
{
    private const int LongestCommand = 32 * 1024;
    private const int LongestCacheHash = 128;

    /// <summary>The key that the upload was answered with. Required.</summary>
    public string? CodeBundlePath { get; init; }

    /// <summary>Installs dependencies, in the shell's words; absent when the runner is to do it by the lock file that it finds.</summary>
    public string? InstallCommand { get; init; }

    /// <summary>Executes the tests, in the shell's words. Required.</summary>
    public string? TestCommand { get; init; }

    /// <summary>Where in the bundle.</summary>
    public string WorkingDir { get; init; } = ".";

    /// <summary>The same as long as the dependencies are the same.</summary>
    public string? CacheHash { get; init; }

    private Guid key;

    public override Guid? BundleKey => key;

    /// <summary>Reads a job.</summary>
    /// <exception cref="RequestRejected">400 naming the member that is wrong.</exception>
    public static PlaywrightJob Read(JsonElement raw, string where)
    {
        var job = Parse<PlaywrightJob>(raw, where);
        if (IsNoCommand(job.TestCommand) || (job.InstallCommand is not null && IsNoCommand(job.InstallCommand)))
        {
            throw RequestRejected.BadRequest(
                $"'{where}' needs a command: 'testCommand' and 'installCommand' have 1 to {LongestCommand} characters.");
        }

        if (job.CacheHash is { } hash && (hash.Length is 0 or > LongestCacheHash || !hash.All(char.IsAsciiLetterOrDigit)))
        {
            throw RequestRejected.BadRequest($"'{where}.cacheHash' must be 1 to {LongestCacheHash} letters and digits.");
        }

        if (PartsOf(job.WorkingDir) is null)
        {
            throw RequestRejected.BadRequest($"'{where}.workingDir' must be a directory of the bundle.");
        }

        return job with { key = Inputs.Uuid($"{where}.codeBundlePath", job.CodeBundlePath) };
    }

    public override void WriteTo(JsonObject spec, Bundle? bundle)
    {
        ArgumentNullException.ThrowIfNull(bundle);
        var directory = PartsOf(WorkingDir)!;
        spec["bundle"] = new JsonObject
        {
            ["key"] = bundle.Key.ToString(),
            ["sha256"] = bundle.Sha256,
            ["sizeBytes"] = bundle.SizeBytes,
        };
        if (InstallCommand is not null)
        {
            spec["install"] = Shell(InstallCommand);
        }

        spec["command"] = Shell(TestCommand!);
        spec["workingDirectory"] = directory.Length == 0 ? "." : string.Join('/', directory);
        if (CacheHash is not null)
        {
            spec["cacheKey"] = CacheHash;
        }
    }

    private static JsonArray Shell(string command) => ["sh", "-c", command];

    private static bool IsNoCommand(string? command) => string.IsNullOrWhiteSpace(command) || command.Length > LongestCommand;

    /// <summary>The directories on the way; null for one that leads out of the bundle.</summary>
    private static string[]? PartsOf(string directory)
    {
        var parts = directory.Split('/', '\\').Where(part => part.Length > 0 && part != ".").ToArray();
        var leadsOut = directory.StartsWith('/') || parts.Any(part => part == ".." || part.Contains(':'));
        return leadsOut || directory.Length > Limits.Name ? null : parts;
    }
}

/// <summary>
/// A job that the supplied runner cannot execute. It gets the reason for its report; a platform's own runner gets the job as it came.
/// </summary>
/// <param name="Raw">The job.</param>
/// <param name="Reason">One sentence for people.</param>
public sealed record UnknownJob(JsonElement Raw, string Reason) : JobWork
{
    public override void WriteTo(JsonObject spec, Bundle? bundle)
    {
        spec["unsupported"] = Reason;
        spec["job"] = JsonObject.Create(Raw);
    }
}
