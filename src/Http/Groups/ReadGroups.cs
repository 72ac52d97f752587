using Ledger.Http.Access;

namespace Ledger.Http.Groups;

/// <summary>Lists the registered groups.</summary>
public static class ListGroupsEndpoint
{
    [WolverineGet("/ledger/groups"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Lists the account's groups, by name.")]
    public static async Task<GroupList> Get(Caller caller, GroupRegistry groups, CancellationToken cancellation) =>
        new(await groups.ListAsync(caller.AccountId, cancellation));
}

/// <summary>Reads one registered group.</summary>
public static class ReadGroupEndpoint
{
    [WolverineGet("/ledger/groups/{groupId}"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Reads one group.")]
    public static Task<Group> Get(string groupId, Caller caller, GroupRegistry groups, CancellationToken cancellation) =>
        groups.FindAsync(caller, groupId, cancellation);
}

/// <summary>The groups of an account.</summary>
public sealed record GroupList(IReadOnlyList<Group> Entries);
