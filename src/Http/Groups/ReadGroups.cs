namespace Ledger.Http.Groups;

public static class ListGroupsEndpoint
{
    [WolverineGet("/ledger/groups"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Lists the account's groups, by name.")]
    public static async Task<EntryList<Group>> Get(IQuerySession documents, CancellationToken cancellation) =>
        new(await documents.Query<Group>().OrderBy(group => group.Name).ThenBy(group => group.Id).ToListAsync(cancellation));
}

public static class ReadGroupEndpoint
{
    [WolverineGet("/ledger/groups/{groupId}"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Reads one group.")]
    public static Task<Group> Get(string groupId, IQuerySession documents, CancellationToken cancellation) =>
        documents.GroupAsync(groupId, cancellation);
}
