namespace Ledger.Http.Checkly;

/// <summary>What all jobs have in common, whatever they execute.</summary>
/// <param name="LogicalId">Its name in the project, unique in the request. Required.</param>
/// <param name="TestRetryStrategy">When the run is tried again; null for never. The check's own <c>retryStrategy</c> is for its schedule.</param>
/// <param name="DegradedResponseTime">From this many milliseconds on the run is degraded.</param>
/// <param name="MaxResponseTime">From this many milliseconds on the run has failed.</param>
public sealed record CheckRunJob(
    string? CheckType = null,
    string? Name = null,
    string? LogicalId = null,
    JobSource? SourceInfo = null,
    IReadOnlyList<EnvironmentVariable>? EnvironmentVariables = null,
    RetryStrategy? TestRetryStrategy = null,
    JobGroup? Group = null,
    long? DegradedResponseTime = null,
    long? MaxResponseTime = null);

/// <summary>By which the command line knows what it waits for; both are part of the topic of its messages.</summary>
/// <param name="CheckRunSuiteId">The same for all jobs of a request.</param>
public sealed record JobSource(Guid? CheckRunSuiteId = null, Guid? CheckRunId = null);

/// <summary>What a group says for all of its checks.</summary>
/// <param name="EnvironmentVariables">A check's own of the same name come first.</param>
/// <param name="LocalSetupScript">A script that the supplied runner does not execute.</param>
public sealed record JobGroup(
    IReadOnlyList<EnvironmentVariable>? EnvironmentVariables = null,
    ApiDefaults? ApiCheckDefaults = null,
    string? LocalSetupScript = null,
    string? LocalTearDownScript = null);

/// <summary>A job that has been read: what becomes a run, or a registered check.</summary>
internal sealed record PlannedJob(CheckRunJob Job, JobWork Work, RunVariables Variables)
{
    private const string LogicalId = "logicalId";
    private const string CheckRunId = "checkRunId";
    private const string GroupBaseUrl = "GROUP_BASE_URL";
    public static PlannedJob Read(JsonElement raw, string where) => Read(JobWork.Parse<CheckRunJob>(raw, where), raw, where);
    public static PlannedJob Read(CheckRunJob job, JsonElement raw, string where)
    {
        Inputs.CheckType($"{where}.checkType", job.CheckType);
        Inputs.Name($"{where}.name", job.Name);
        Inputs.Name($"{where}.logicalId", job.LogicalId);
        if (job.DegradedResponseTime < 1 || job.MaxResponseTime < 1)
        {
            throw RequestRejected.BadRequest($"'degradedResponseTime' and 'maxResponseTime' of '{where}' must be at least 1 millisecond.");
        }

        return new PlannedJob(job, JobWork.Of(job, raw, where), VariablesOf(job));
    }

    /// <summary>The command line's own id for a run; null for one that it gave none.</summary>
    public static Guid? CheckRunIdOf(Run run) => Guid.TryParseExact(run.Plan.Spec.Text(CheckRunId), "D", out var id) ? id : null;

    public PlannedRun At(string location, bool refreshCache, IReadOnlyDictionary<Guid, Bundle> bundles, DateTimeOffset now) => new(
        Guid.CreateVersion7(now),
        CheckId: null,
        Job.CheckType!,
        Job.Name!,
        location,
        SpecWith(refreshCache, bundles),
        DegradedAfterMs: Job.DegradedResponseTime,
        MaxResponseTimeMs: Job.MaxResponseTime);
    public JsonElement SpecWith(bool refreshCache, IReadOnlyDictionary<Guid, Bundle> bundles)
    {
        var spec = new JsonObject { [LogicalId] = Job.LogicalId };
        if (Job.SourceInfo?.CheckRunId is { } checkRunId)
        {
            spec[CheckRunId] = checkRunId.ToString();
        }

        Work.WriteTo(spec, bundles);
        Variables.TryWriteTo(spec);
        foreach (var (name, value) in TriggerOptions.MembersOf(refreshCache, Job.TestRetryStrategy))
        {
            spec[name] = JsonSerializer.SerializeToNode(value);
        }

        return JsonSerializer.SerializeToElement(spec);
    }

    private static RunVariables VariablesOf(CheckRunJob job)
    {
        var ofGroup = EnvironmentVariable.OfCommandLine(job.Group?.EnvironmentVariables);
        var baseUrl = job.Group?.ApiCheckDefaults?.Url is { Length: > 0 } url
            ? RunVariables.Of(new Dictionary<string, string?>(StringComparer.Ordinal) { [GroupBaseUrl] = url })
            : RunVariables.None;
        return baseUrl.With(ofGroup).With(EnvironmentVariable.OfCommandLine(job.EnvironmentVariables));
    }
}

/// <summary>
/// What a job executes: by its type a command in a bundle, an HTTP request, or something that the supplied runner does not know.
/// </summary>
internal abstract record JobWork
{
    /// <summary>The bundle that it needs; null for none.</summary>
    public virtual Guid? BundleKey => null;
    public static JobWork Of(CheckRunJob job, JsonElement raw, string where) => job.CheckType switch
    {
        CheckTypes.Playwright => PlaywrightJob.Read(raw, where),
        "API" or "URL" => ApiJob.Read(job, raw, where),
        "HEARTBEAT" => throw RequestRejected.BadRequest($"'{where}' is a heartbeat: it waits for a ping, there is nothing to run."),
        var type => new UnknownJob(raw, $"The supplied runner executes no checks of type {type}."),
    };
    public abstract void WriteTo(JsonObject spec, IReadOnlyDictionary<Guid, Bundle> bundles);

    /// <summary>A job, or a part of one, as a type of ours.</summary>
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
/// <param name="CodeBundlePath">The key that the upload was answered with. Required.</param>
/// <param name="InstallCommand">Installs dependencies, in the shell's words; absent when the runner is to do it by the lock file that it finds.</param>
/// <param name="CacheHash">The same as long as the dependencies are the same.</param>
internal sealed record PlaywrightJob(
    string? CodeBundlePath = null,
    string? InstallCommand = null,
    string? TestCommand = null,
    string WorkingDir = ".",
    string? CacheHash = null) : JobWork
{
    private const int LongestCommand = 32 * 1024;
    private const int LongestCacheHash = 128;

    private Guid key;

    public override Guid? BundleKey => key;
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

        return job with
        {
            WorkingDir = WithinBundle(job.WorkingDir) ?? throw RequestRejected.BadRequest($"'{where}.workingDir' must be a directory of the bundle."),
            key = Inputs.Uuid($"{where}.codeBundlePath", job.CodeBundlePath),
        };
    }

    public override void WriteTo(JsonObject spec, IReadOnlyDictionary<Guid, Bundle> bundles)
    {
        var bundle = bundles[key];
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
        spec["workingDirectory"] = WorkingDir;
        if (CacheHash is not null)
        {
            spec["cacheKey"] = CacheHash;
        }
    }

    private static JsonArray Shell(string command) => ["sh", "-c", command];

    private static bool IsNoCommand(string? command) => string.IsNullOrWhiteSpace(command) || command.Length > LongestCommand;

    /// <summary>A directory as specs name it; null for one that leads out of the bundle.</summary>
    private static string? WithinBundle(string directory)
    {
        var parts = directory.Split('/', '\\').Where(part => part.Length > 0 && part != ".").ToList();
        var leadsOut = directory.StartsWith('/') || parts.Any(part => part == ".." || part.Contains(':'));
        return leadsOut || directory.Length > Limits.Name ? null
            : parts.Count == 0 ? "."
            : string.Join('/', parts);
    }
}

/// <summary>
/// A job that the supplied runner cannot execute. It gets the reason for its report; a platform's own runner gets the job as it came.
/// </summary>
internal sealed record UnknownJob(JsonElement Raw, string Reason) : JobWork
{
    public override void WriteTo(JsonObject spec, IReadOnlyDictionary<Guid, Bundle> bundles)
    {
        spec["unsupported"] = Reason;
        spec["job"] = JsonObject.Create(Raw);
    }
}
