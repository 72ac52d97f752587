using Ledger.Http.Access;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Groups;

/// <summary>Registers and reads groups of checks.</summary>
public static class GroupEndpoints
{
    /// <summary>Checks of one group, and so runs of one batch: all of them are triggered in one append.</summary>
    private const int MaximumChecks = 1_000;

    public static void MapGroups(this IEndpointRouteBuilder routes)
    {
        var groups = routes.MapGroup("/ledger/groups").WithTags("Groups");
        groups.MapPut("{groupId}", PutAsync).RequireScope(Scope.Command, Scope.Admin)
            .WithSummary("Registers a group of checks, or changes it: 201 when it is new, 200 otherwise.")
            .Reads<GroupRequest>().Produces<Group>().Produces<Group>(StatusCodes.Status201Created);
        groups.MapGet("", ListAsync).RequireScope(Scope.Read).WithSummary("Lists the account's groups, by name.").Produces<GroupList>();
        groups.MapGet("{groupId}", GetAsync).RequireScope(Scope.Read).WithSummary("Reads one group.").Produces<Group>();
        groups.MapGroupWebhooks();
    }

    /// <summary>The group of an id in the path, in the key's account.</summary>
    /// <exception cref="RequestRejected">400 for an id that is no uuid, 404 for an unknown group.</exception>
    public static async Task<Group> FindAsync(this GroupRegistry groups, HttpContext context, string groupId) =>
        await groups.FindAsync(context.Key().AccountId, Inputs.Uuid("group id", groupId), context.RequestAborted)
        ?? throw RequestRejected.NotFound("There is no such group.");

    private static async Task<IResult> PutAsync(HttpContext context, string groupId, GroupRegistry groups, TimeProvider clock)
    {
        var id = Inputs.Uuid("group id", groupId);
        var request = await Body.ReadRequiredJsonAsync<GroupRequest>(context.Request, Json.Options);
        var checkIds = request.CheckIds.Distinct().ToList();
        if (checkIds.Count is 0 or > MaximumChecks)
        {
            throw RequestRejected.BadRequest($"'checkIds' must be 1 to {MaximumChecks} uuids.");
        }

        var now = clock.GetUtcNow();
        var (group, isNew) = await groups.PutAsync(
            context.Key().AccountId, new Group(id, Inputs.Name("name", request.Name), checkIds, now, now), context.RequestAborted);
        return NativeResult.Json(group, isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private static async Task<IResult> ListAsync(HttpContext context, GroupRegistry groups) =>
        NativeResult.Json(new GroupList(await groups.ListAsync(context.Key().AccountId, context.RequestAborted)));

    private static async Task<IResult> GetAsync(HttpContext context, string groupId, GroupRegistry groups) =>
        NativeResult.Json(await groups.FindAsync(context, groupId));
}

/// <summary>A group to register.</summary>
public sealed record GroupRequest(string Name, IReadOnlyList<Guid> CheckIds);

/// <summary>The groups of an account.</summary>
public sealed record GroupList(IReadOnlyList<Group> Entries);
