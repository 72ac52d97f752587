using Microsoft.OpenApi;

namespace Ledger.Http.TesterArmy;

/// <summary>TesterArmy's interface. Errors are <c>{error, message}</c>, where <c>error</c> is a code.</summary>
public sealed class TesterArmyEnvelope() : Envelope([.. Prefixes])
{
    /// <summary>The code of a 409.</summary>
    public const string Conflict = "Conflict";

    private static readonly PathString[] Prefixes = ["/v1/runs", "/v1/batches", "/v1/tests", "/v1/groups"];

    /// <summary>Whether a path is the dialect's, under its first mount.</summary>
    public static bool IsOwn(PathString path) => Prefixes.Any(prefix => path.StartsWithSegments(prefix));

    /// <summary>
    /// This interface knows neither 403 nor 503: a database that did not answer in time is its documented time limit, 504, and Retry-After
    /// goes with it.
    /// </summary>
    protected override int StatusOf(int status) => status switch
    {
        StatusCodes.Status403Forbidden => StatusCodes.Status401Unauthorized,
        StatusCodes.Status503ServiceUnavailable => StatusCodes.Status504GatewayTimeout,
        _ => status,
    };

    protected override object Body(Failure failure) => new TesterArmyError(
        failure.Status switch
        {
            StatusCodes.Status401Unauthorized => "Unauthorized",
            StatusCodes.Status404NotFound => "NotFound",
            StatusCodes.Status409Conflict => Conflict,
            StatusCodes.Status429TooManyRequests => "RateLimited",
            >= 500 => "InternalServerError",
            _ => "ValidationError",
        },
        failure.Message);
}

public sealed record TesterArmyError(string Error, string Message);

/// <summary>
/// The founding document has this interface under <c>/v1</c>, the published description under <c>/api/v1</c>: it is served under the first,
/// and <c>/api</c> is taken off before anything else looks at a path of it. Other interfaces have paths under <c>/api</c> too.
/// </summary>
public static class SecondMount
{
    private const string Mount = "/api";

    public static void UseSecondMount(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments(Mount, out var mount, out var path) && TesterArmyEnvelope.IsOwn(path))
        {
            (request.PathBase, request.Path) = (request.PathBase.Add(mount), path);
        }

        return next(context);
    });

    /// <summary>Adds the paths of the second mount to the OpenAPI document.</summary>
    public static void Describe(OpenApiDocument document)
    {
        foreach (var (path, item) in document.Paths.Where(path => TesterArmyEnvelope.IsOwn(path.Key)).ToList())
        {
            document.Paths.Add(Mount + path, item);
        }
    }
}

/// <summary>
/// What this dialect keeps in the metadata of a session. The published request stands whole under <see cref="Input"/>, apart from what the
/// ledger says itself, so that no request can put its run into somebody's batch.
/// </summary>
public static class TriggerFacts
{
    /// <summary>The request as it was published.</summary>
    public const string Input = "input";

    /// <summary>What caused the run, one of <see cref="RunSource"/>.</summary>
    public const string Source = "source";

    /// <summary>The batch that the run belongs to; there is an index on it.</summary>
    public const string BatchId = "batchId";

    /// <summary>The group whose checks the batch runs.</summary>
    public const string GroupId = "groupId";

    /// <summary>The batch that this one repeats.</summary>
    public const string SourceBatchId = "sourceBatchId";

    private static readonly JsonSerializerOptions WithoutNulls = new(Json.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>A request as it was published: what was not sent is not there.</summary>
    public static JsonObject Published<T>(T request) => (JsonObject)JsonSerializer.SerializeToNode(request, WithoutNulls)!;

    /// <summary>The facts of a trigger.</summary>
    public static JsonObject Of(JsonObject input, RunSource source)
    {
        var facts = new JsonObject { [Source] = JsonSerializer.SerializeToNode(source, Json.Options) };
        if (input.Count > 0)
        {
            facts[Input] = input.DeepClone();
        }

        return facts;
    }

    /// <summary>The request of a session; empty when it was triggered in another dialect, or without a body.</summary>
    public static JsonElement? InputOf(JsonElement? metadata) =>
        metadata.Member(Input) is { ValueKind: JsonValueKind.Object } input ? input : null;

    /// <summary>A uuid of the metadata; null when there is none.</summary>
    public static Guid? IdOf(Session session, string name) =>
        Guid.TryParseExact(session.Metadata.Text(name), "D", out var id) ? id : null;
}

/// <summary>What a run is of.</summary>
public enum RunType
{
    /// <summary>A change that is reviewed.</summary>
    Ci,

    /// <summary>A test.</summary>
    Test,
}

/// <summary>What caused a run.</summary>
public enum RunSource
{
    Api,

    [JsonStringEnumMemberName("github_action")] GithubAction,

    [JsonStringEnumMemberName("github_app")] GithubApp,

    Scheduled,

    Webhook,

    [JsonStringEnumMemberName("structured_test")] StructuredTest,
}

/// <summary>What a test runs on.</summary>
public enum Platform
{
    Web,
    Ios,
    Android,
}

/// <summary>The variant of a mobile device.</summary>
public enum DeviceModel
{
    Iphone,
    Ipad,
}

/// <summary>How thoroughly a test is executed.</summary>
public enum ExecutionMode
{
    Fast,
    Deep,
}

/// <summary>Whether a webhook was told of a run.</summary>
public enum WebhookStatus
{
    Pending,
    Delivered,
    Failed,
}

/// <summary>Where a run stands, in TesterArmy's words. The verdict is not here but in the run's output.</summary>
public enum TesterArmyRunStatus
{
    /// <summary>It waits for a runner: the one state from which a cancel is always possible.</summary>
    Queued,

    /// <summary>A runner has it; also while it is being stopped, for which there is no word.</summary>
    Running,

    /// <summary>It was executed to its end, whatever the verdict.</summary>
    Completed,

    /// <summary>It could not be executed to its end.</summary>
    Failed,

    /// <summary>It was cancelled.</summary>
    Cancelled,
}

public static class TesterArmyRunStatuses
{
    /// <summary>
    /// The status of a run. One that a runner has taken is running, whether it began or not: it can no longer be cancelled as a queued
    /// one.
    /// </summary>
    public static TesterArmyRunStatus StatusOf(RunState state, bool hasErrors) => state switch
    {
        RunState.Queued => TesterArmyRunStatus.Queued,
        RunState.Claimed or RunState.Running or RunState.Cancelling => TesterArmyRunStatus.Running,
        RunState.Passed or RunState.Degraded => TesterArmyRunStatus.Completed,
        RunState.Failed => hasErrors ? TesterArmyRunStatus.Failed : TesterArmyRunStatus.Completed,
        RunState.TimedOut or RunState.Lost => TesterArmyRunStatus.Failed,
        RunState.Cancelled => TesterArmyRunStatus.Cancelled,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state that has no word."),
    };

    /// <summary>The states of open runs that read so; none for a status of settled ones.</summary>
    public static IReadOnlyCollection<RunState> OpenStatesOf(TesterArmyRunStatus status) => status switch
    {
        TesterArmyRunStatus.Queued => [RunState.Queued],
        TesterArmyRunStatus.Running => [RunState.Claimed, RunState.Running, RunState.Cancelling],
        _ => [],
    };

    /// <summary>
    /// The statuses that settled sessions of such runs may have; none for a status of open ones. A failed session may read completed or
    /// failed, which depends on whether its run came to a verdict.
    /// </summary>
    public static IReadOnlyCollection<SessionStatus> SettledStatusesOf(TesterArmyRunStatus status) => status switch
    {
        TesterArmyRunStatus.Completed => [SessionStatus.Passed, SessionStatus.Degraded, SessionStatus.Failed],
        TesterArmyRunStatus.Failed => [SessionStatus.Failed, SessionStatus.TimedOut],
        TesterArmyRunStatus.Cancelled => [SessionStatus.Cancelled],
        _ => [],
    };
}
