using Ledger.Http.Groups;

namespace Ledger.Http.TesterArmy;

public static class RunGroupEndpoint
{
    [WolverinePost("/v1/groups/{groupId}/runs"), Authorize(Scopes.Command), Errors(400, 401, 404, 429, 500, 504), Tags("TesterArmy")]
    [EndpointSummary("Runs the runnable tests of a group, as a batch.")]
    public static async Task<Accepted<BatchQueued>> Post(
        string groupId,
        [FromBody] GroupRunRequest? asked,
        Caller caller,
        IQuerySession documents,
        Batches batches,
        HttpContext context,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("group id", groupId);
        asked ??= new GroupRunRequest();
        asked.Validate();
        var group = await documents.GroupAsync(groupId, cancellation, "Group not found.");
        var batch = await batches.TriggerAsync(
            caller, id, group.CheckIds, TriggerFacts.Published(asked), RunSource.Api, sourceBatchId: null, cancellation);
        batch.SetPosition(context);
        return TypedResults.Accepted((string?)null, BatchQueued.Of(id, batch));
    }
}

/// <summary>A batch that was just triggered.</summary>
/// <param name="Status"><c>queued</c>; <c>cancelled</c> when the group has no runnable test, and then nothing was triggered.</param>
/// <param name="QueuedRunIds">The same: the ledger refuses no run of a batch.</param>
/// <param name="CancelledRunIds">None, therefore.</param>
public record BatchQueued(
    TesterArmyRunStatus Status,
    Guid GroupId,
    Guid BatchId,
    IReadOnlyList<Guid> RunIds,
    IReadOnlyList<Guid> QueuedRunIds,
    IReadOnlyList<Guid> CancelledRunIds,
    int Count)
{
    public static BatchQueued Of(Guid groupId, Batch batch) => new(
        batch.RunIds.Count == 0 ? TesterArmyRunStatus.Cancelled : TesterArmyRunStatus.Queued,
        groupId,
        batch.Id,
        batch.RunIds,
        batch.RunIds,
        [],
        batch.RunIds.Count);
}

/// <summary>How a group is to be run; all of it is handed to the runners.</summary>
/// <param name="TargetUrl">Where the application to be tested is.</param>
/// <param name="PrNumber">The pull request that is tested, from 1.</param>
public sealed record GroupRunRequest(
    Platform? Platform = null,
    DeviceModel? DeviceModel = null,
    Guid? ProjectEnvironmentId = null,
    string? TargetUrl = null,
    TargetEnvironment? Environment = null,
    MobileBuild? Mobile = null,
    string? CommitSha = null,
    long? PrNumber = null)
{
    private const int LongestText = 2_048;

    public void Validate()
    {
        (string Name, string? Value)[] texts =
        [
            ("targetUrl", TargetUrl), ("mobile.artifactUrl", Mobile?.ArtifactUrl), ("mobile.bundleId", Mobile?.BundleId),
            ("mobile.artifactFilename", Mobile?.ArtifactFilename), ("mobile.buildId", Mobile?.BuildId), ("commitSha", CommitSha),
        ];
        foreach (var (name, value) in texts)
        {
            if (value is { Length: 0 or > LongestText } || (value is not null && name.EndsWith("Url", StringComparison.Ordinal) && !IsAddress(value)))
            {
                throw RequestRejected.BadRequest($"'{name}' must have 1 to {LongestText} characters, and be absolute if it is an address.");
            }
        }

        if (PrNumber < 1)
        {
            throw RequestRejected.BadRequest("'prNumber' must be at least 1.");
        }
    }

    private static bool IsAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out _);
}

/// <summary>A build of a mobile application: a closed object.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MobileBuild(
    Guid? AppId = null, string? BundleId = null, string? ArtifactUrl = null, string? ArtifactFilename = null, string? BuildId = null);

/// <summary>Which deployment is tested.</summary>
public enum TargetEnvironment
{
    Production,
    Staging,
    Preview,
    Custom,
}
