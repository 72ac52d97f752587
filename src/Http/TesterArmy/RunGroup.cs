using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.Requests;
using Marten;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ledger.Http.TesterArmy;

/// <summary>Runs a group as a batch.</summary>
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
        return TypedResults.Accepted((string?)null, new BatchQueued(
            batch.RunIds.Count == 0 ? TesterArmyRunStatus.Cancelled : TesterArmyRunStatus.Queued,
            id,
            batch.Id,
            batch.RunIds,
            batch.RunIds,
            [],
            batch.RunIds.Count));
    }
}

/// <summary>A batch that was just triggered.</summary>
/// <param name="Status"><c>queued</c>; <c>cancelled</c> when the group has no runnable test, and then nothing was triggered.</param>
/// <param name="RunIds">All of its runs.</param>
/// <param name="QueuedRunIds">The same: the ledger refuses no run of a batch.</param>
/// <param name="CancelledRunIds">None, therefore.</param>
public sealed record BatchQueued(
    TesterArmyRunStatus Status,
    Guid GroupId,
    Guid BatchId,
    IReadOnlyList<Guid> RunIds,
    IReadOnlyList<Guid> QueuedRunIds,
    IReadOnlyList<Guid> CancelledRunIds,
    int Count);

/// <summary>How a group is to be run; all of it is handed to the runners.</summary>
public sealed record GroupRunRequest
{
    private const int LongestText = 2_048;

    public Platform? Platform { get; init; }

    public DeviceModel? DeviceModel { get; init; }

    public Guid? ProjectEnvironmentId { get; init; }

    /// <summary>Where the application to be tested is.</summary>
    public string? TargetUrl { get; init; }

    public TargetEnvironment? Environment { get; init; }

    public MobileBuild? Mobile { get; init; }

    /// <summary>The commit that is tested.</summary>
    public string? CommitSha { get; init; }

    /// <summary>The pull request that is tested, from 1.</summary>
    public long? PrNumber { get; init; }

    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public void Validate()
    {
        RejectUnlessAddress("targetUrl", TargetUrl);
        RejectUnlessAddress("mobile.artifactUrl", Mobile?.ArtifactUrl);
        RejectUnlessText("mobile.bundleId", Mobile?.BundleId);
        RejectUnlessText("mobile.artifactFilename", Mobile?.ArtifactFilename);
        RejectUnlessText("mobile.buildId", Mobile?.BuildId);
        RejectUnlessText("commitSha", CommitSha);
        if (PrNumber < 1)
        {
            throw RequestRejected.BadRequest("'prNumber' must be at least 1.");
        }
    }

    private static void RejectUnlessAddress(string name, string? value)
    {
        if (value is not null && (value.Length > LongestText || !Uri.TryCreate(value, UriKind.Absolute, out _)))
        {
            throw RequestRejected.BadRequest($"'{name}' must be an absolute address of at most {LongestText} characters.");
        }
    }

    private static void RejectUnlessText(string name, string? value)
    {
        if (value is { Length: 0 or > LongestText })
        {
            throw RequestRejected.BadRequest($"'{name}' must have 1 to {LongestText} characters.");
        }
    }
}

/// <summary>A build of a mobile application: a closed object.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record MobileBuild
{
    public Guid? AppId { get; init; }

    public string? BundleId { get; init; }

    public string? ArtifactUrl { get; init; }

    public string? ArtifactFilename { get; init; }

    public string? BuildId { get; init; }
}

/// <summary>Which deployment is tested.</summary>
public enum TargetEnvironment
{
    Production,
    Staging,
    Preview,
    Custom,
}
