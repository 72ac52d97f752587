namespace Ledger.Http.Groups;

public static class ListGroupsEndpoint
{
    [WolverineGet("/ledger/groups"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Lists the account's groups, by name.")]
    [QueryNumber("limit", "Entries of a page, 1 to 1000; 1000 when absent. A page of large entries ends early.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static Task<Page<Group>> Get(HttpRequest request, IQuerySession documents, CancellationToken cancellation) => documents.Query<Group>()
        .PageAsync(request, group => new(group.Name, group.Id), group => group, cancellation, group => group.CheckIds.Count * UuidText);

    private const int UuidText = 39; // With quotes and a comma.
}

public static class ReadGroupEndpoint
{
    [WolverineGet("/ledger/groups/{groupId}"), Authorize(Scopes.Read), Tags("Groups"), EndpointSummary("Reads one group.")]
    public static Task<Group> Get(string groupId, IQuerySession documents, CancellationToken cancellation) =>
        documents.GroupAsync(groupId, cancellation);
}
