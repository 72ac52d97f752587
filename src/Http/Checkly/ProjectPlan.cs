using Ledger.Http.Groups;

namespace Ledger.Http.Checkly;

/// <summary>The types of resources that the ledger holds. What else a project consists of is refused by name.</summary>
internal static class ResourceTypes
{
    public const string Checks = "check";
    public const string Groups = "check-group";
    public const string PrivateLocation = "private-location";
    public const string CheckAssignment = "private-location-check-assignment";
    public const string GroupAssignment = "private-location-group-assignment";

    /// <summary>What comes with an alert channel, which is refused itself.</summary>
    private const string Subscription = "alert-channel-subscription";

    /// <summary>Checks that are more than what stands in them: scripts in files that are not kept, and pings that somebody sends.</summary>
    private static readonly string[] RefusedChecks = ["BROWSER", "MULTI_STEP", "HEARTBEAT"];

    /// <summary>Refuses what the ledger cannot hold, all of it at once.</summary>
    public static void Require(IReadOnlyList<ProjectResource> resources)
    {
        var refused = resources.Where(resource => !IsHeld(resource)).ToList();
        var named = refused.Where(resource => resource.Type != Subscription).ToList();
        if (refused.Count > 0)
        {
            throw RequestRejected.BadRequest(
                $"The ledger cannot hold {string.Join(", ", (named.Count > 0 ? named : refused).Select(NameOf))}: it holds check groups, private "
                + $"locations and checks, but none of the types {string.Join(", ", RefusedChecks)}. Nothing was deployed.");
        }
    }

    private static bool IsHeld(ProjectResource resource) => resource.Type switch
    {
        Checks => resource.Member && !RefusedChecks.Contains(resource.Payload.Text("checkType")),
        Groups => resource.Member,
        PrivateLocation or CheckAssignment or GroupAssignment => true,
        _ => false,
    };

    private static string NameOf(ProjectResource resource) => resource.Type == Checks && resource.Member
        ? $"the {resource.Payload.Text("checkType")} {resource.Name}"
        : $"the {resource.Name}";
}

/// <summary>What a check, or a group for its checks, says beside what is executed. What a group says of retries is for checks that say nothing.</summary>
internal sealed record DeployedPart(
    string? Name = null,
    bool? Activated = null,
    IReadOnlyList<string>? Tags = null,
    IReadOnlyList<string>? Locations = null,
    RetryStrategy? RetryStrategy = null,
    JsonElement? GroupId = null);

/// <summary>A group: what it says beside what is executed, and for that.</summary>
internal sealed record DeployedGroup(DeployedPart Part, JobGroup Job);

/// <summary>That a check, or a group, runs at a private location.</summary>
internal sealed record LocationAssignment(JsonElement? PrivateLocationId = null, JsonElement? CheckId = null, JsonElement? GroupId = null);

/// <summary>A check of a project, as it becomes a registered one.</summary>
/// <param name="GroupId">The logical id of its group; null for none.</param>
/// <param name="Job">What it executes, with what its group says for that.</param>
/// <param name="Request">Everything else; without the spec.</param>
internal sealed record PlannedCheck(string LogicalId, string? GroupId, PlannedJob Job, Checks.CheckRequest Request);

/// <summary>A project that was sent: what becomes of it in the ledger.</summary>
internal sealed class ProjectParts
{
    private readonly IReadOnlyList<ProjectResource> resources;
    private readonly Dictionary<Guid, string> known;
    private readonly Dictionary<string, DeployedGroup> groups;
    private readonly Dictionary<string, ProjectResource> locations;
    private readonly ILookup<string?, (ProjectResource Resource, LocationAssignment Assigned)> ofChecks;
    private readonly ILookup<string?, (ProjectResource Resource, LocationAssignment Assigned)> ofGroups;
    public ProjectParts(ProjectDeploy asked, Guid accountId, IEnumerable<string> known)
    {
        Project = asked.Project ?? throw RequestRejected.BadRequest("'project' is required.");
        Inputs.Name("project.logicalId", Project.LogicalId);
        Inputs.Name("project.name", Project.Name);
        this.known = known.ToDictionary(location => PrivateLocation.Of(accountId, location).Id);
        resources = Validated(asked.Resources);
        groups = Named(ResourceTypes.Groups).ToDictionary(
            group => group.Key, group => new DeployedGroup(Parse<DeployedPart>(group.Value), Parse<JobGroup>(group.Value)), StringComparer.Ordinal);
        locations = Named(ResourceTypes.PrivateLocation);
        var assignments = resources.Where(resource => resource.Type is ResourceTypes.CheckAssignment or ResourceTypes.GroupAssignment)
            .Select(resource => (Resource: resource, Assigned: Parse<LocationAssignment>(resource)))
            .ToList();
        ofChecks = assignments.ToLookup(each => Reference(each.Assigned.CheckId));
        ofGroups = assignments.ToLookup(each => Reference(each.Assigned.GroupId));
        Checks = [.. resources.Where(resource => resource.Type is ResourceTypes.Checks).Select(Check)];
        Groups = groups.ToDictionary(
            group => group.Key, group => Inputs.Name($"{ResourceTypes.Groups} '{group.Key}'.name", group.Value.Part.Name), StringComparer.Ordinal);
        Locations =
        [
            .. locations.Values.Where(location => location.Member)
                .Select(location => new DeployedResource(location.Type!, location.LogicalId!, PrivateLocation.Of(accountId, SlugOf(location)).Id)),
        ];
    }

    public ProjectOfRun Project { get; }

    public IReadOnlyList<PlannedCheck> Checks { get; }

    /// <summary>The names of its groups by logical id.</summary>
    public IReadOnlyDictionary<string, string> Groups { get; }

    /// <summary>Its own private locations.</summary>
    public IReadOnlyList<DeployedResource> Locations { get; }

    private static IReadOnlyList<ProjectResource> Validated(IReadOnlyList<ProjectResource> resources)
    {
        if (resources.Count > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'resources' must be at most {Limits.Runs}.");
        }

        for (var at = 0; at < resources.Count; at++)
        {
            Inputs.Name($"resources[{at}].logicalId", resources[at].LogicalId);
            Inputs.Name($"resources[{at}].type", resources[at].Type);
        }

        ResourceTypes.Require(resources);
        return resources.GroupBy(resource => (resource.Type, resource.LogicalId)).FirstOrDefault(same => same.Count() > 1) is { } twice
            ? throw RequestRejected.BadRequest($"'resources' has the {twice.First().Name} twice.")
            : resources;
    }

    private Dictionary<string, ProjectResource> Named(string type) =>
        resources.Where(resource => resource.Type == type).ToDictionary(resource => resource.LogicalId!, StringComparer.Ordinal);

    private static T Parse<T>(ProjectResource resource)
        where T : class => JobWork.Parse<T>(
            resource.Payload ?? throw RequestRejected.BadRequest($"'payload' of the {resource.Name} must be an object."), resource.Name);

    private PlannedCheck Check(ProjectResource resource)
    {
        var check = Parse<DeployedPart>(resource);
        var groupId = Reference(check.GroupId);
        var group = groupId is null ? null
            : groups.GetValueOrDefault(groupId) ?? throw RequestRejected.BadRequest($"The {resource.Name} is in a group that is not in the project.");
        var ofGroup = group?.Part ?? new DeployedPart();
        var job = Parse<CheckRunJob>(resource) with
        {
            LogicalId = resource.LogicalId,
            Group = group?.Job,
            TestRetryStrategy = check.RetryStrategy ?? ofGroup.RetryStrategy,
        };
        var request = new Checks.CheckRequest(
            job.Name ?? "",
            job.CheckType ?? "",
            [.. (check.Tags ?? []).Concat(ofGroup.Tags ?? []).Distinct()],
            LocationsOf(resource, check, groupId, ofGroup),
            check.Activated is not false && ofGroup.Activated is not false,
            job.MaxResponseTime,
            job.DegradedResponseTime);
        var planned = PlannedJob.Read(job, resource.Payload!.Value, resource.Name);
        request.Validate();
        return new PlannedCheck(resource.LogicalId!, groupId, planned, request);
    }

    /// <summary>The check's own locations, private ones included; else those of its group.</summary>
    private IReadOnlyList<string> LocationsOf(ProjectResource resource, DeployedPart check, string? groupId, DeployedPart group)
    {
        IReadOnlyList<string> own = [.. check.Locations ?? [], .. SlugsOf(ofChecks[resource.LogicalId])];
        IReadOnlyList<string> all = own.Count > 0 ? own
            : [.. group.Locations ?? [], .. SlugsOf(groupId is null ? [] : ofGroups[groupId])];
        return all.Count > 0 ? [.. all.Distinct()] : throw RequestRejected.BadRequest(
            $"The {resource.Name} names no location: 'locations' of the check, of its group or of the project's configuration.");
    }

    private IEnumerable<string> SlugsOf(IEnumerable<(ProjectResource Resource, LocationAssignment Assigned)> assignments) =>
        assignments.Select(each => Reference(each.Assigned.PrivateLocationId) is { } id && locations.TryGetValue(id, out var location)
            ? SlugOf(location)
            : throw RequestRejected.BadRequest($"The {each.Resource.Name} names no private location of the project."));

    /// <summary>A location that is only referred to has the id that the ledger lists it with.</summary>
    private string SlugOf(ProjectResource location) => location.Member
        ? Inputs.Name($"{location.Name}.slugName", location.Payload.Text("slugName"))
        : location.PhysicalId is { ValueKind: JsonValueKind.String } id && id.TryGetGuid(out var physicalId) && known.TryGetValue(physicalId, out var slug)
            ? slug
            : throw RequestRejected.BadRequest($"The {location.Name} refers to no private location of the account.");

    private static string? Reference(JsonElement? id) => id.Text("ref");
}

/// <summary>What a deployment does: what is stored, what is deleted, and what that is called.</summary>
internal sealed record ProjectPlan(
    DeployedProject Project, IReadOnlyList<Check> Checks, IReadOnlyList<Group> Groups, IReadOnlyList<DeployedResource> Deleted)
{
    /// <summary>What it takes to make the account as the project says.</summary>
    public static async Task<ProjectPlan> DeployAsync(
        IQuerySession documents,
        ProjectParts parts,
        IReadOnlyDictionary<Guid, Bundle> bundles,
        DeployOptions how,
        DateTimeOffset now,
        CancellationToken cancellation)
    {
        var project = parts.Project;
        var there = await documents.LoadAsync<DeployedProject>(project.LogicalId!, cancellation);
        var before = (there?.Resources ?? []).ToHashSet();
        var ids = before.ToDictionary(resource => (resource.Type, resource.LogicalId), resource => resource.Id);
        var groups = parts.Groups.Keys.ToDictionary(group => group, group => IdOf(ResourceTypes.Groups, group));
        var checks = parts.Checks.ToDictionary(check => check.LogicalId, check => IdOf(ResourceTypes.Checks, check.LogicalId));
        List<DeployedResource> resources =
        [
            .. groups.Select(group => new DeployedResource(ResourceTypes.Groups, group.Key, group.Value)),
            .. checks.Select(check => new DeployedResource(ResourceTypes.Checks, check.Key, check.Value)),
            .. parts.Locations,
        ];
        var registered = (await documents.LoadManyAsync<Check>(cancellation, checks.Values)).ToDictionary(check => check.Id);
        await documents.RequireRoomForChecksAsync([.. checks.Values], cancellation);
        var grouped = (await documents.LoadManyAsync<Group>(cancellation, groups.Values)).ToDictionary(group => group.Id);
        var gone = before.Except(resources).ToList();
        var created = there is { IsThere: true } ? (there.OnRecord.Id, At: there.OnRecord.CreatedAt) : (Id: Guid.CreateVersion7(now), At: now);
        var onRecord = new ProjectOnRecord(created.Id, project.LogicalId!, project.Name!, project.RepoUrl, created.At, now);
        var changes = resources.Select(resource => Change(resource, before.Contains(resource) ? "UPDATE" : "CREATE")).Concat(Gone(gone, how));
        return new ProjectPlan(
            new DeployedProject(project.LogicalId!, onRecord, resources, DeploymentOf(onRecord, changes, now), IsThere: true),
            [.. parts.Checks.Select(CheckOf)],
            [.. parts.Groups.Select(GroupOf)],
            how.Preserve ? [] : gone);

        Guid IdOf(string type, string logicalId) =>
            ids.TryGetValue((type, logicalId), out var id) ? id : Guid.CreateVersion7(now);

        Check CheckOf(PlannedCheck planned)
        {
            var (id, request) = (checks[planned.LogicalId], planned.Request);
            var spec = planned.Job.SpecWith(refreshCache: false, bundles);
            Inputs.Spec(spec);
            return new Check(
                id,
                request.Name,
                request.CheckType,
                request.Tags,
                request.Locations,
                request.Activated,
                request.MaxResponseTime,
                request.DegradedResponseTime,
                spec,
                registered.GetValueOrDefault(id)?.CreatedAt ?? now,
                now);
        }

        Group GroupOf(KeyValuePair<string, string> group)
        {
            var id = groups[group.Key];
            var members = parts.Checks.Where(check => check.GroupId == group.Key).Select(check => checks[check.LogicalId]);
            return new Group(id, group.Value, [.. members], grouped.GetValueOrDefault(id)?.CreatedAt ?? now, now);
        }
    }

    /// <summary>What it takes to remove a project.</summary>
    public static ProjectPlan Destroy(DeployedProject there, DeployOptions how, DateTimeOffset now)
    {
        var removal = DeploymentOf(there.OnRecord, Gone(there.Resources, how), now);
        return new ProjectPlan(there with { Resources = [], Last = removal, IsThere = false }, [], [], how.Preserve ? [] : there.Resources);
    }

    /// <summary>Does it, in one transaction, unless it is only to be told. Gives the deployment.</summary>
    public async Task<Deployment> RunAsync(IDocumentSession documents, DeployOptions how, CancellationToken cancellation)
    {
        if (!how.IsDryRun)
        {
            documents.Store(Checks.ToArray());
            documents.Store(Groups.ToArray());
            foreach (var resource in Deleted)
            {
                if (resource.Type is ResourceTypes.Checks)
                {
                    documents.Delete<Check>(resource.Id);
                }
                else if (resource.Type is ResourceTypes.Groups)
                {
                    documents.Delete<Group>(resource.Id);
                }
            }

            documents.Store(Project);
            await documents.SaveChangesAsync(cancellation);
        }

        return Project.Last;
    }

    private static Deployment DeploymentOf(ProjectOnRecord project, IEnumerable<ProjectChange> changes, DateTimeOffset now) =>
        new(Guid.CreateVersion7(now), project.LogicalId, new ProjectChanges(project, [.. changes]), now);

    private static IEnumerable<ProjectChange> Gone(IEnumerable<DeployedResource> resources, DeployOptions how) =>
        resources.Select(resource => Change(resource, how.Preserve ? "DETACHED" : "DELETE"));

    private static ProjectChange Change(DeployedResource resource, string action) =>
        new(resource.LogicalId, resource.Id, resource.Type, action);
}
