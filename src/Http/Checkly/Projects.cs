using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Access;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Marten;

namespace Ledger.Http.Checkly;

/// <summary>Deploys a project as the command line does since version 9: it follows the deployment to its end.</summary>
public static class DeployProjectEndpoint
{
    /// <summary>Of the body, compressed or not.</summary>
    public const int MaximumBytes = 64 * 1024 * 1024;

    [WolverinePost("/v1/projects/deploy"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 413, 429), Tags("Checkly: projects")]
    [BodyLimit(MaximumBytes), RequestSizeLimit(MaximumBytes)]
    [EndpointSummary("Registers the checks and groups of a project, and removes those that are gone from it: all of it or nothing.")]
    [QueryText("dryRun", "true only tells what would change: 200 with the changes.")]
    [QueryText("scheduleOnDeploy", "The ledger schedules nothing: changes nothing.")]
    [QueryText("preserveResources", "true leaves registered what is gone from the project.")]
    [ProducesResponseType<Deployment>(StatusCodes.Status202Accepted), ProducesResponseType<ProjectChanges>(StatusCodes.Status200OK)]
    public static async Task<IResult> Post(
        [FromBody] ProjectDeploy asked, HttpRequest request, Caller caller, IDocumentSession documents, BundleStore bundles, TimeProvider clock)
    {
        var isDryRun = QueryValues.Flag(request, "dryRun") is true;
        var deployment = await documents.DeployAsync(asked, request, caller, bundles, clock, isDryRun);
        return isDryRun
            ? TypedResults.Json(deployment.Result, Json.Options)
            : TypedResults.Json(deployment, Json.Options, statusCode: StatusCodes.Status202Accepted);
    }
}

/// <summary>The same as earlier versions do: the changes are the answer.</summary>
public static class DeployProjectAtOnceEndpoint
{
    [WolverinePost("/next/projects/deploy"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 413, 429), Tags("Checkly: projects")]
    [BodyLimit(DeployProjectEndpoint.MaximumBytes), RequestSizeLimit(DeployProjectEndpoint.MaximumBytes)]
    [EndpointSummary("Registers the checks and groups of a project, and removes those that are gone from it. Answers what has changed.")]
    [QueryText("dryRun", "true only tells what would change.")]
    [QueryText("scheduleOnDeploy", "The ledger schedules nothing: changes nothing.")]
    [QueryText("preserveResources", "true leaves registered what is gone from the project.")]
    public static async Task<ProjectChanges> Post(
        [FromBody] ProjectDeploy asked, HttpRequest request, Caller caller, IDocumentSession documents, BundleStore bundles, TimeProvider clock) =>
        (await documents.DeployAsync(asked, request, caller, bundles, clock, QueryValues.Flag(request, "dryRun") is true)).Result;
}

/// <summary>Removes a project with its checks and groups.</summary>
public static class DestroyProjectEndpoint
{
    [WolverineDelete("/v1/projects/{logicalId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 429), Tags("Checkly: projects")]
    [EndpointSummary("Removes a project with its checks and groups. One that is not there is removed already.")]
    [QueryText("dryRun", "true only tells what would be removed.")]
    [QueryText("preserveResources", "true leaves checks and groups registered.")]
    [ProducesResponseType<Deployment>(StatusCodes.Status202Accepted), ProducesResponseType<ProjectChanges>(StatusCodes.Status200OK)]
    public static Task<IResult> Delete(
        string logicalId, HttpRequest request, Caller caller, IDocumentSession documents, TimeProvider clock)
    {
        caller.RequireProject(logicalId);
        var (isDryRun, preserve) = (QueryValues.Flag(request, "dryRun") is true, QueryValues.Flag(request, "preserveResources") is true);
        return documents.AgainAfterConflictAsync<IResult>(async () =>
        {
            var now = clock.GetUtcNow();
            var there = await documents.LoadAsync<DeployedProject>(logicalId, request.HttpContext.RequestAborted);
            if (there is not { IsThere: true })
            {
                return TypedResults.Json(new ProjectChanges(null, []), Json.Options);
            }

            var gone = ProjectPlan.Destroy(there, preserve, now);
            if (isDryRun)
            {
                return TypedResults.Json(gone.Project.Last.Result, Json.Options);
            }

            await gone.SaveAsync(documents, request.HttpContext.RequestAborted);
            return TypedResults.Json(gone.Project.Last, Json.Options, statusCode: StatusCodes.Status202Accepted);
        });
    }
}

/// <summary>Lists the projects that are deployed.</summary>
public static class ListProjectsEndpoint
{
    [WolverineGet("/next/projects"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: projects")]
    [EndpointSummary("Lists the projects that are deployed, by logical id.")]
    public static async Task<IReadOnlyList<ProjectOnRecord>> Get(Caller caller, IQuerySession documents, CancellationToken cancellation) =>
    [
        .. (await documents.Query<DeployedProject>().OrderBy(project => project.LogicalId).ToListAsync(cancellation))
            .Where(project => project.IsThere && (caller.Project is null || caller.Project == project.LogicalId))
            .Select(project => project.OnRecord),
    ];
}

/// <summary>Reads one of them.</summary>
public static class ReadProjectEndpoint
{
    [WolverineGet("/next/projects/{logicalId}"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: projects")]
    [EndpointSummary("Reads a project that is deployed.")]
    public static async Task<ProjectOnRecord> Get(string logicalId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireProject(logicalId);
        return await documents.LoadAsync<DeployedProject>(logicalId, cancellation) is { IsThere: true } project
            ? project.OnRecord
            : throw RequestRejected.NotFound("Not Found");
    }
}

/// <summary>Reads the last deployment of a project. It was over before it was answered; earlier ones are not kept.</summary>
public static class ReadDeploymentEndpoint
{
    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("Reads the last deployment of a project.")]
    public static Task<Deployment> Get(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        documents.DeploymentAsync(caller, logicalId, deploymentId, cancellation);
}

/// <summary>The same for who waits for its end.</summary>
public static class AwaitDeploymentEndpoint
{
    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}/completion"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("Reads the last deployment of a project, which is over.")]
    public static Task<Deployment> Get(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        documents.DeploymentAsync(caller, logicalId, deploymentId, cancellation);
}

/// <summary>The same as a stream of one event.</summary>
public static class FollowDeploymentEndpoint
{
    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}/events"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("The end of the last deployment of a project, as Server-Sent Events: one event 'complete'.")]
    [ProducesResponseType(typeof(string), StatusCodes.Status200OK, "text/event-stream")]
    public static async Task<IResult> Get(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        var deployment = await documents.DeploymentAsync(caller, logicalId, deploymentId, cancellation);
        return TypedResults.Text($"event: complete\ndata: {JsonSerializer.Serialize(deployment, Json.Options)}\n\n", "text/event-stream");
    }
}

/// <summary>The body with which <c>checkly deploy</c> deploys.</summary>
public sealed record ProjectDeploy
{
    /// <summary>The project. Required.</summary>
    public ProjectOfRun? Project { get; init; }

    /// <summary>What it consists of.</summary>
    public IReadOnlyList<ProjectResource> Resources { get; init; } = [];
}

/// <summary>A part of a project.</summary>
public sealed record ProjectResource
{
    /// <summary>Its name in the project, unique in its type. Required.</summary>
    public string? LogicalId { get; init; }

    /// <summary>What it is. Required.</summary>
    public string? Type { get; init; }

    /// <summary>The id of something that is there already, and that the project only refers to.</summary>
    public JsonElement? PhysicalId { get; init; }

    /// <summary>Whether it is the project's own, and not only referred to.</summary>
    public bool Member { get; init; } = true;

    /// <summary>What is in it.</summary>
    public JsonElement? Payload { get; init; }

    /// <summary>The resource as messages name it.</summary>
    [JsonIgnore]
    public string Name => $"{Type} '{LogicalId}'";
}

/// <summary>What a deployment changed.</summary>
/// <param name="Project">The project; null for one that was not there.</param>
/// <param name="Diff">Each resource of the project, and each that is gone from it.</param>
public sealed record ProjectChanges(ProjectOnRecord? Project, IReadOnlyList<ProjectChange> Diff);

/// <summary>What became of a resource.</summary>
/// <param name="LogicalId">Its name in the project.</param>
/// <param name="PhysicalId">Its id; absent while there is none.</param>
/// <param name="Type">What it is.</param>
/// <param name="Action">CREATE, UPDATE (changed or not), DELETE, or DETACHED: gone from the project and still registered.</param>
public sealed record ProjectChange(
    string LogicalId,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Guid? PhysicalId,
    string Type,
    string Action);

/// <summary>A project.</summary>
public sealed record ProjectOnRecord(Guid Id, string LogicalId, string Name, string? RepoUrl, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>The name of <see cref="CreatedAt"/> in lists.</summary>
    [JsonPropertyName("created_at")]
    public DateTimeOffset CreatedAtToo => CreatedAt;
}

/// <summary>A deployment, which is over: it is one transaction.</summary>
public sealed record Deployment(Guid Id, string LogicalId, ProjectChanges Result, DateTimeOffset CreatedAt)
{
    public string Status => "SUCCEEDED";

    public bool DryRun => false;

    public int Progress => 100;

    public string? Error => null;

    public DateTimeOffset StartedAt => CreatedAt;

    public DateTimeOffset EndedAt => CreatedAt;

    public DateTimeOffset? CancelRequestedAt => null;
}

/// <summary>A project as it was deployed last.</summary>
/// <param name="LogicalId">Its name, unique in the account.</param>
/// <param name="OnRecord">As it is shown.</param>
/// <param name="Resources">What is registered for it.</param>
/// <param name="Last">The last deployment, or the removal.</param>
/// <param name="IsThere">False once it was destroyed.</param>
public sealed record DeployedProject(
    string LogicalId, ProjectOnRecord OnRecord, IReadOnlyList<DeployedResource> Resources, Deployment Last, bool IsThere);

/// <summary>What is registered for a project.</summary>
/// <param name="Type">A check, a group, a private location.</param>
/// <param name="LogicalId">Its name in the project.</param>
/// <param name="Id">Its id in the account.</param>
public sealed record DeployedResource(string Type, string LogicalId, Guid Id);

/// <summary>The projects of an account. Of two deployments at once each finds the other's.</summary>
public sealed class ProjectDocuments : MartenRegistry
{
    public ProjectDocuments() => For<DeployedProject>().MultiTenanted().Identity(project => project.LogicalId).UseOptimisticConcurrency(true);
}

/// <summary>What the endpoints of projects have in common.</summary>
public static class ProjectCalls
{
    /// <summary>A key that is bound to a project may touch no other.</summary>
    /// <exception cref="RequestRejected">403 for another one.</exception>
    public static void RequireProject(this Caller caller, string logicalId)
    {
        if (caller.Project is not null && caller.Project != logicalId)
        {
            throw RequestRejected.Forbidden("Forbidden");
        }
    }

    /// <summary>Deploys a project, or tells what would change.</summary>
    /// <exception cref="RequestRejected">400 for what the ledger cannot hold; nothing is stored then. 403 for another project than the key's.</exception>
    internal static async Task<Deployment> DeployAsync(
        this IDocumentSession documents,
        ProjectDeploy asked,
        HttpRequest request,
        Caller caller,
        BundleStore bundles,
        TimeProvider clock,
        bool isDryRun)
    {
        var preserve = QueryValues.Flag(request, "preserveResources") is true;
        _ = QueryValues.Flag(request, "scheduleOnDeploy");
        var cancellation = request.HttpContext.RequestAborted;
        var locations = (await documents.ChecksAsync(cancellation)).SelectMany(check => check.Locations).Distinct();
        var parts = ProjectParts.Read(
            asked, caller.AccountId, locations.ToDictionary(location => PrivateLocation.Of(caller.AccountId, location).Id));
        caller.RequireProject(parts.Project.LogicalId!);
        var kept = await bundles.RequireAsync(caller.AccountId, parts.BundleKeys, cancellation);
        return await documents.AgainAfterConflictAsync(async () =>
        {
            var plan = await ProjectPlan.DeployAsync(documents, parts, kept, preserve, clock.GetUtcNow(), cancellation);
            if (!isDryRun)
            {
                await plan.SaveAsync(documents, cancellation);
            }

            return plan.Project.Last;
        });
    }

    /// <summary>The last deployment of a project.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 403 for another project than the key's, 404 for any other deployment.</exception>
    public static async Task<Deployment> DeploymentAsync(
        this IQuerySession documents, Caller caller, string logicalId, string deploymentId, CancellationToken cancellation)
    {
        caller.RequireProject(logicalId);
        var id = Inputs.Uuid(nameof(deploymentId), deploymentId);
        return (await documents.LoadAsync<DeployedProject>(logicalId, cancellation))?.Last is { } last && last.Id == id
            ? last
            : throw RequestRejected.NotFound("Not Found");
    }
}
