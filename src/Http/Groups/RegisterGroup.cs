namespace Ledger.Http.Groups;

/// <summary>Registers a group of checks, or what has changed of it.</summary>
public static class RegisterGroupEndpoint
{
    /// <summary>Checks of one group, and so runs of one batch: all of them are triggered in one append.</summary>
    private const int MaximumChecks = 1_000;

    [WolverinePut("/ledger/groups/{groupId}"), Authorize(Scopes.CommandOrAdmin), Tags("Groups")]
    [EndpointSummary("Registers a group of checks, or changes it: 201 when it is new, 200 otherwise.")]
    public static async Task<Results<Ok<Group>, Created<Group>>> Put(
        string groupId,
        [FromBody] GroupRequest request,
        IDocumentSession documents,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var id = Inputs.Uuid("group id", groupId);
        var checkIds = request.CheckIds.Distinct().ToList();
        if (checkIds.Count is 0 or > MaximumChecks)
        {
            throw RequestRejected.BadRequest($"'checkIds' must be 1 to {MaximumChecks} uuids.");
        }

        var (name, now) = (Inputs.Name("name", request.Name), clock.GetUtcNow());
        var (group, isNew) = await documents.PutAsync<Group>(
            id, there => new Group(id, name, checkIds, there?.CreatedAt ?? now, now), cancellation);
        return isNew ? TypedResults.Created((string?)null, group) : TypedResults.Ok(group);
    }
}

/// <summary>A group to register.</summary>
public sealed record GroupRequest(string Name, IReadOnlyList<Guid> CheckIds);
