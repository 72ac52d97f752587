namespace Ledger.Http.Checkly;

/// <summary>Deploys, removes and reads projects of the command line.</summary>
public static class ProjectEndpoints
{
    [WolverinePost("/v1/projects/deploy"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 413, 429), Tags("Checkly: projects")]
    [BodyLimit(RunChecksEndpoint.MaximumBytes), RequestSizeLimit(RunChecksEndpoint.MaximumBytes)]
    [EndpointSummary("Registers the checks and groups of a project, and removes those that are gone from it: all of it or nothing.")]
    [QueryText("dryRun", "true only tells what would change: 200 with the changes.")]
    [QueryText("scheduleOnDeploy", "The ledger schedules nothing: changes nothing.")]
    [QueryText("preserveResources", "true leaves registered what is gone from the project.")]
    [ProducesResponseType<Deployment>(StatusCodes.Status202Accepted), ProducesResponseType<ProjectChanges>(StatusCodes.Status200OK)]
    public static async Task<IResult> Deploy(
        [FromBody] ProjectDeploy asked, HttpRequest request, Caller caller, IDocumentSession documents, BundleStore bundles, TimeProvider clock)
    {
        var how = DeployOptions.Read(request);
        return how.Answer(await DeployAsync(asked, how, request, caller, documents, bundles, clock));
    }

    /// <summary>As earlier versions of the command line deploy: the changes are the answer.</summary>
    [WolverinePost("/next/projects/deploy"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 413, 429), Tags("Checkly: projects")]
    [BodyLimit(RunChecksEndpoint.MaximumBytes), RequestSizeLimit(RunChecksEndpoint.MaximumBytes)]
    [EndpointSummary("Registers the checks and groups of a project, and removes those that are gone from it. Answers what has changed.")]
    [QueryText("dryRun", "true only tells what would change.")]
    [QueryText("scheduleOnDeploy", "The ledger schedules nothing: changes nothing.")]
    [QueryText("preserveResources", "true leaves registered what is gone from the project.")]
    public static async Task<ProjectChanges> DeployAtOnce(
        [FromBody] ProjectDeploy asked, HttpRequest request, Caller caller, IDocumentSession documents, BundleStore bundles, TimeProvider clock) =>
        (await DeployAsync(asked, DeployOptions.Read(request), request, caller, documents, bundles, clock)).Result;

    [WolverineDelete("/v1/projects/{logicalId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 409, 429), Tags("Checkly: projects")]
    [EndpointSummary("Removes a project with its checks and groups. One that is not there is removed already.")]
    [QueryText("dryRun", "true only tells what would be removed.")]
    [QueryText("preserveResources", "true leaves checks and groups registered.")]
    [ProducesResponseType<Deployment>(StatusCodes.Status202Accepted), ProducesResponseType<ProjectChanges>(StatusCodes.Status200OK)]
    public static Task<IResult> Destroy(
        string logicalId, HttpRequest request, Caller caller, IDocumentSession documents, TimeProvider clock)
    {
        caller.RequireProject(logicalId);
        var how = DeployOptions.Read(request);
        return documents.AgainAfterConflictAsync(async () =>
        {
            var there = await documents.LoadAsync<DeployedProject>(logicalId, request.HttpContext.RequestAborted);
            return there is { IsThere: true }
                ? how.Answer(await ProjectPlan.Destroy(there, how, clock.GetUtcNow()).RunAsync(documents, how, request.HttpContext.RequestAborted))
                : TypedResults.Ok(new ProjectChanges(null, []));
        });
    }

    [WolverineGet("/next/projects"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 429), Tags("Checkly: projects")]
    [EndpointSummary("Lists the projects that are deployed, by logical id.")]
    public static async Task<IReadOnlyList<ProjectOnRecord>> List(Caller caller, IQuerySession documents, CancellationToken cancellation) =>
    [
        .. (await documents.Query<DeployedProject>()
            .Where(project => project.IsThere).OrderBy(project => project.LogicalId).Select(project => project.OnRecord).ToListAsync(cancellation))
            .Where(project => caller.Project is null || caller.Project == project.LogicalId),
    ];

    [WolverineGet("/next/projects/{logicalId}"), Authorize(Scopes.ReadOrCommand), Errors(401, 403, 404, 429), Tags("Checkly: projects")]
    [EndpointSummary("Reads a project that is deployed.")]
    public static async Task<ProjectOnRecord> Read(string logicalId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireProject(logicalId);
        return await documents.LoadAsync<DeployedProject>(logicalId, cancellation) is { IsThere: true } project
            ? project.OnRecord
            : throw RequestRejected.NotFound("Not Found");
    }

    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("Reads the last deployment of a project. It was over before it was answered; earlier ones are not kept.")]
    public static async Task<Deployment> ReadDeployment(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireProject(logicalId);
        var id = Inputs.Uuid(nameof(deploymentId), deploymentId);
        return (await documents.LoadAsync<DeployedProject>(logicalId, cancellation))?.Last is { } last && last.Id == id
            ? last
            : throw RequestRejected.NotFound("Not Found");
    }

    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}/completion"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("Reads the last deployment of a project, which is over.")]
    public static Task<Deployment> AwaitDeployment(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        ReadDeployment(logicalId, deploymentId, caller, documents, cancellation);

    [WolverineGet("/v1/projects/{logicalId}/deployments/{deploymentId}/events"), Authorize(Scopes.CommandOrAdmin), Errors(400, 401, 403, 404, 429)]
    [Tags("Checkly: projects"), EndpointSummary("The end of the last deployment of a project, as Server-Sent Events: one event 'complete'.")]
    [ProducesResponseType(typeof(string), StatusCodes.Status200OK, "text/event-stream")]
    public static async Task<IResult> FollowDeployment(
        string logicalId, string deploymentId, Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        var deployment = await ReadDeployment(logicalId, deploymentId, caller, documents, cancellation);
        return TypedResults.Text($"event: complete\ndata: {JsonSerializer.Serialize(deployment, Json.Options)}\n\n", "text/event-stream");
    }

    private static async Task<Deployment> DeployAsync(
        ProjectDeploy asked,
        DeployOptions how,
        HttpRequest request,
        Caller caller,
        IDocumentSession documents,
        BundleStore bundles,
        TimeProvider clock)
    {
        var cancellation = request.HttpContext.RequestAborted;
        var locations = (await documents.ChecksAsync(cancellation)).SelectMany(check => check.Locations).Distinct();
        var parts = new ProjectParts(asked, caller.AccountId, locations);
        caller.RequireProject(parts.Project.LogicalId!);
        var keys = parts.Checks.Select(check => check.Job.Work.BundleKey).OfType<Guid>().ToHashSet();
        var kept = await bundles.RequireAsync(caller.AccountId, keys, cancellation);
        return await documents.AgainAfterConflictAsync(async () =>
        {
            var plan = await ProjectPlan.DeployAsync(documents, parts, kept, how, clock.GetUtcNow(), cancellation);
            return await plan.RunAsync(documents, how, cancellation);
        });
    }
}

/// <summary>How a project is deployed or removed.</summary>
internal sealed record DeployOptions(bool IsDryRun, bool Preserve)
{
    public static DeployOptions Read(HttpRequest request)
    {
        _ = QueryValues.Flag(request, "scheduleOnDeploy");
        return new DeployOptions(QueryValues.Flag(request, "dryRun") is true, QueryValues.Flag(request, "preserveResources") is true);
    }

    /// <summary>The command line follows a deployment, or shows the changes.</summary>
    public IResult Answer(Deployment deployment) => IsDryRun
        ? TypedResults.Ok(deployment.Result)
        : TypedResults.Accepted((string?)null, deployment);
}

/// <summary>The body with which <c>checkly deploy</c> deploys.</summary>
public sealed record ProjectDeploy(ProjectOfRun? Project = null)
{
    /// <summary>What it consists of.</summary>
    public IReadOnlyList<ProjectResource> Resources { get; init; } = [];
}

/// <summary>A part of a project.</summary>
/// <param name="PhysicalId">The id of something that is there already, and that the project only refers to.</param>
public sealed record ProjectResource(
    string? LogicalId = null, string? Type = null, JsonElement? PhysicalId = null, bool Member = true, JsonElement? Payload = null)
{
    /// <summary>The resource as messages name it.</summary>
    [JsonIgnore]
    public string Name => $"{Type} '{LogicalId}'";
}

/// <summary>What a deployment changed.</summary>
/// <param name="Diff">Each resource of the project, and each that is gone from it.</param>
public sealed record ProjectChanges(ProjectOnRecord? Project, IReadOnlyList<ProjectChange> Diff);

/// <summary>What became of a resource.</summary>
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
/// <param name="IsThere">False once it was destroyed.</param>
public sealed record DeployedProject(
    string LogicalId, ProjectOnRecord OnRecord, IReadOnlyList<DeployedResource> Resources, Deployment Last, bool IsThere);

/// <summary>A check, a group or a private location that is registered for a project: its name there, and its id in the account.</summary>
public sealed record DeployedResource(string Type, string LogicalId, Guid Id);

/// <summary>The projects of an account. Of two deployments at once each finds the other's.</summary>
public sealed class ProjectDocuments : MartenRegistry
{
    public ProjectDocuments() => For<DeployedProject>().MultiTenanted().Identity(project => project.LogicalId).UseOptimisticConcurrency(true);
}
