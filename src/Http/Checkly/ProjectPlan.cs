using System.Text.Json;
using Ledger.Http.Bundles;
using Ledger.Http.Errors;
using Ledger.Http.Groups;
using Ledger.Http.Requests;
using Ledger.Sessions;
using Marten;

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
    /// <exception cref="RequestRejected">400 naming it.</exception>
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

/// <summary>What a check says beside what it executes.</summary>
internal sealed record DeployedCheck
{
    public bool? Activated { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyList<string>? Locations { get; init; }

    /// <summary>When a failed run is tried again; null for never, and in a group as the group says.</summary>
    public RetryStrategy? RetryStrategy { get; init; }

    /// <summary>The group.</summary>
    public JsonElement? GroupId { get; init; }
}

/// <summary>What a group says for its checks, beside what it says for what they execute.</summary>
internal sealed record DeployedGroup
{
    /// <summary>Required.</summary>
    public string? Name { get; init; }

    public bool? Activated { get; init; }

    public IReadOnlyList<string>? Tags { get; init; }

    public IReadOnlyList<string>? Locations { get; init; }

    public RetryStrategy? RetryStrategy { get; init; }
}

/// <summary>That something runs at a private location.</summary>
internal sealed record LocationAssignment
{
    public JsonElement? PrivateLocationId { get; init; }

    public JsonElement? CheckId { get; init; }

    public JsonElement? GroupId { get; init; }
}

/// <summary>A check of a project, as it becomes a registered one.</summary>
/// <param name="LogicalId">Its name in the project.</param>
/// <param name="GroupId">The logical id of its group; null for none.</param>
/// <param name="Job">What it executes, with what its group says for that.</param>
/// <param name="Request">Everything else; without the spec.</param>
internal sealed record PlannedCheck(string LogicalId, string? GroupId, PlannedJob Job, Checks.CheckRequest Request);

/// <summary>A project that has been read: what becomes of it in the ledger.</summary>
/// <param name="Project">The project.</param>
/// <param name="Checks">Its checks, in their order.</param>
/// <param name="Groups">The names of its groups by logical id.</param>
/// <param name="Others">The rest of its own resources.</param>
internal sealed record ProjectParts(
    ProjectOfRun Project,
    IReadOnlyList<PlannedCheck> Checks,
    IReadOnlyDictionary<string, string> Groups,
    IReadOnlyList<DeployedResource> Others)
{
    /// <summary>The bundles that its checks need.</summary>
    public IReadOnlySet<Guid> BundleKeys => Checks.Select(check => check.Job.Work.BundleKey).OfType<Guid>().ToHashSet();

    /// <summary>Reads what was sent.</summary>
    /// <exception cref="RequestRejected">400 naming what is wrong, or what the ledger cannot hold.</exception>
    /// <param name="asked">What was sent.</param>
    /// <param name="accountId">Whose it is.</param>
    /// <param name="known">The account's locations by their ids as private ones.</param>
    public static ProjectParts Read(ProjectDeploy asked, Guid accountId, IReadOnlyDictionary<Guid, string> known)
    {
        var project = asked.Project ?? throw RequestRejected.BadRequest("'project' is required.");
        Inputs.Name("project.logicalId", project.LogicalId);
        Inputs.Name("project.name", project.Name);
        if (asked.Resources.Count > Limits.Runs)
        {
            throw RequestRejected.BadRequest($"'resources' must be at most {Limits.Runs}.");
        }

        for (var at = 0; at < asked.Resources.Count; at++)
        {
            var resource = asked.Resources[at] ?? throw RequestRejected.BadRequest($"'resources[{at}]' must be an object.");
            Inputs.Name($"resources[{at}].logicalId", resource.LogicalId);
            Inputs.Name($"resources[{at}].type", resource.Type);
        }

        ResourceTypes.Require(asked.Resources);
        if (asked.Resources.GroupBy(resource => (resource.Type, resource.LogicalId)).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw RequestRejected.BadRequest($"'resources' has the {twice.First().Name} twice.");
        }

        return new Reading(asked.Resources, accountId, known).Parts(project);
    }

    private sealed class Reading(IReadOnlyList<ProjectResource> resources, Guid accountId, IReadOnlyDictionary<Guid, string> known)
    {
        private readonly Dictionary<string, ProjectResource> groups = Named(resources, ResourceTypes.Groups);
        private readonly Dictionary<string, ProjectResource> locations = Named(resources, ResourceTypes.PrivateLocation);

        public ProjectParts Parts(ProjectOfRun project)
        {
            var others = resources.Where(resource => resource.Member && resource.Type is ResourceTypes.PrivateLocation)
                .Select(location => new DeployedResource(location.Type!, location.LogicalId!, PrivateLocation.Of(accountId, SlugOf(location)).Id));
            return new ProjectParts(
                project,
                [.. resources.Where(resource => resource.Type is ResourceTypes.Checks).Select(Check)],
                groups.ToDictionary(group => group.Key, group => Inputs.Name($"{group.Value.Name}.name", GroupOf(group.Value).Name)),
                [.. others]);
        }

        private static Dictionary<string, ProjectResource> Named(IEnumerable<ProjectResource> all, string type) =>
            all.Where(resource => resource.Type == type).ToDictionary(resource => resource.LogicalId!, StringComparer.Ordinal);

        private static T Parse<T>(ProjectResource resource)
            where T : class => JobWork.Parse<T>(
                resource.Payload ?? throw RequestRejected.BadRequest($"'payload' of the {resource.Name} must be an object."), resource.Name);

        private static DeployedGroup GroupOf(ProjectResource group) => Parse<DeployedGroup>(group);

        private PlannedCheck Check(ProjectResource resource)
        {
            var check = Parse<DeployedCheck>(resource);
            var groupId = Reference(check.GroupId);
            var group = groupId is null ? null
                : groups.GetValueOrDefault(groupId) ?? throw RequestRejected.BadRequest($"The {resource.Name} is in a group that is not in the project.");
            var ofGroup = group is null ? new DeployedGroup() : GroupOf(group);
            var job = Parse<CheckRunJob>(resource) with
            {
                LogicalId = resource.LogicalId,
                Group = group is null ? null : Parse<JobGroup>(group),
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
        private IReadOnlyList<string> LocationsOf(ProjectResource resource, DeployedCheck check, string? groupId, DeployedGroup group)
        {
            IReadOnlyList<string> own = [.. check.Locations ?? [], .. Assigned(assigned => Reference(assigned.CheckId) == resource.LogicalId)];
            IReadOnlyList<string> all = own.Count > 0 ? own
                : [.. group.Locations ?? [], .. Assigned(assigned => groupId is not null && Reference(assigned.GroupId) == groupId)];
            return all.Count > 0 ? [.. all.Distinct()] : throw RequestRejected.BadRequest(
                $"The {resource.Name} names no location: 'locations' of the check, of its group or of the project's configuration.");
        }

        private IEnumerable<string> Assigned(Func<LocationAssignment, bool> isMeant) =>
            resources.Where(resource => resource.Type is ResourceTypes.CheckAssignment or ResourceTypes.GroupAssignment)
                .Select(resource => (resource, Assignment: Parse<LocationAssignment>(resource)))
                .Where(each => isMeant(each.Assignment))
                .Select(each => Reference(each.Assignment.PrivateLocationId) is { } id && locations.TryGetValue(id, out var location)
                    ? SlugOf(location)
                    : throw RequestRejected.BadRequest($"The {each.resource.Name} names no private location of the project."));

        /// <summary>A location that is only referred to has the id that the ledger lists it with.</summary>
        private string SlugOf(ProjectResource location) => location.Member
            ? Inputs.Name($"{location.Name}.slugName", location.Payload.Text("slugName"))
            : location.PhysicalId is { ValueKind: JsonValueKind.String } id && id.TryGetGuid(out var physicalId) && known.TryGetValue(physicalId, out var slug)
                ? slug
                : throw RequestRejected.BadRequest($"The {location.Name} refers to no private location of the account.");

        private static string? Reference(JsonElement? id) => id.Text("ref");
    }
}

/// <summary>What a deployment does: what is stored, what is deleted, and what that is called.</summary>
/// <param name="Project">The project afterwards, with the deployment.</param>
/// <param name="Checks">To store.</param>
/// <param name="Groups">To store.</param>
/// <param name="Deleted">To delete.</param>
internal sealed record ProjectPlan(
    DeployedProject Project, IReadOnlyList<Check> Checks, IReadOnlyList<Group> Groups, IReadOnlyList<DeployedResource> Deleted)
{
    /// <summary>What it takes to make the account as the project says.</summary>
    public static async Task<ProjectPlan> DeployAsync(
        IQuerySession documents,
        ProjectParts parts,
        IReadOnlyDictionary<Guid, Bundle> bundles,
        bool preserve,
        DateTimeOffset now,
        CancellationToken cancellation)
    {
        var project = parts.Project;
        var there = await documents.LoadAsync<DeployedProject>(project.LogicalId!, cancellation);
        var ids = (there?.Resources ?? []).ToDictionary(resource => (resource.Type, resource.LogicalId), resource => resource.Id);
        var resources = parts.Groups.Keys.Select(group => Resource(ResourceTypes.Groups, group))
            .Concat(parts.Checks.Select(check => Resource(ResourceTypes.Checks, check.LogicalId)))
            .Concat(parts.Others)
            .ToList();
        ids = resources.ToDictionary(resource => (resource.Type, resource.LogicalId), resource => resource.Id);
        var registered = (await documents.LoadManyAsync<Check>(cancellation, IdsOf(ResourceTypes.Checks))).ToDictionary(check => check.Id);
        var grouped = (await documents.LoadManyAsync<Group>(cancellation, IdsOf(ResourceTypes.Groups))).ToDictionary(group => group.Id);
        var before = (there?.Resources ?? []).ToHashSet();
        var gone = before.Except(resources).ToList();
        var diff = resources.Select(resource => Change(resource, before.Contains(resource) ? "UPDATE" : "CREATE"))
            .Concat(gone.Select(resource => Change(resource, preserve ? "DETACHED" : "DELETE")))
            .ToList();
        var onRecord = new ProjectOnRecord(
            there is { IsThere: true } ? there.OnRecord.Id : Guid.CreateVersion7(now),
            project.LogicalId!,
            project.Name!,
            project.RepoUrl,
            there is { IsThere: true } ? there.OnRecord.CreatedAt : now,
            now);
        var deployment = new Deployment(Guid.CreateVersion7(now), project.LogicalId!, new ProjectChanges(onRecord, diff), now);
        return new ProjectPlan(
            new DeployedProject(project.LogicalId!, onRecord, resources, deployment, IsThere: true),
            [.. parts.Checks.Select(CheckOf)],
            [.. parts.Groups.Select(GroupOf)],
            preserve ? [] : gone);

        DeployedResource Resource(string type, string logicalId) =>
            new(type, logicalId, ids.TryGetValue((type, logicalId), out var id) ? id : Guid.CreateVersion7(now));

        Guid[] IdsOf(string type) => [.. resources.Where(resource => resource.Type == type).Select(resource => resource.Id)];

        Check CheckOf(PlannedCheck planned)
        {
            var (id, request) = (ids[(ResourceTypes.Checks, planned.LogicalId)], planned.Request);
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
            var id = ids[(ResourceTypes.Groups, group.Key)];
            var checks = parts.Checks.Where(check => check.GroupId == group.Key).Select(check => ids[(ResourceTypes.Checks, check.LogicalId)]);
            return new Group(id, group.Value, [.. checks], grouped.GetValueOrDefault(id)?.CreatedAt ?? now, now);
        }
    }

    /// <summary>What it takes to remove a project.</summary>
    public static ProjectPlan Destroy(DeployedProject there, bool preserve, DateTimeOffset now)
    {
        var diff = there.Resources.Select(resource => Change(resource, preserve ? "DETACHED" : "DELETE")).ToList();
        var removal = new Deployment(Guid.CreateVersion7(now), there.LogicalId, new ProjectChanges(there.OnRecord, diff), now);
        return new ProjectPlan(there with { Resources = [], Last = removal, IsThere = false }, [], [], preserve ? [] : there.Resources);
    }

    /// <summary>Does it, in one transaction.</summary>
    public Task SaveAsync(IDocumentSession documents, CancellationToken cancellation)
    {
        documents.Store(Checks.ToArray());
        documents.Store(Groups.ToArray());
        foreach (var resource in Deleted)
        {
            switch (resource.Type)
            {
                case ResourceTypes.Checks:
                    documents.Delete<Check>(resource.Id);
                    break;
                case ResourceTypes.Groups:
                    documents.Delete<Group>(resource.Id);
                    break;
            }
        }

        documents.Store(Project);
        return documents.SaveChangesAsync(cancellation);
    }

    private static ProjectChange Change(DeployedResource resource, string action) =>
        new(resource.LogicalId, resource.Id, resource.Type, action);
}
