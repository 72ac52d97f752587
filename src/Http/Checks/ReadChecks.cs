namespace Ledger.Http.Checks;

public static class ListChecksEndpoint
{
    [WolverineGet("/ledger/checks"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Lists the account's checks, by name.")]
    [QueryNumber("limit", "Entries of a page, 1 to 1000; 1000 when absent. A page of large entries ends early.")]
    [QueryText("cursor", "The nextCursor of the page before.")]
    public static Task<Page<Check>> Get(HttpRequest request, IQuerySession documents, CancellationToken cancellation) => documents.Query<Check>()
        .PageAsync(request, check => new(check.Name, check.Id), check => check.Shown(), cancellation, check => JsonSize.OfText(check.Spec));
}

public static class ReadCheckEndpoint
{
    [WolverineGet("/ledger/checks/{checkId}"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Reads one check.")]
    public static async Task<Check> Get(string checkId, IQuerySession documents, CancellationToken cancellation) =>
        (await documents.LoadAsync<Check>(Inputs.Uuid("check id", checkId), cancellation))?.Shown()
        ?? throw RequestRejected.NotFound("There is no such check.");
}
