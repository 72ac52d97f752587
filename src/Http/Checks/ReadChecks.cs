namespace Ledger.Http.Checks;

public static class ListChecksEndpoint
{
    [WolverineGet("/ledger/checks"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Lists the account's checks, by name.")]
    public static async Task<EntryList<Check>> Get(IQuerySession documents, CancellationToken cancellation) =>
        new([.. (await documents.ChecksAsync(cancellation)).Select(check => check.Shown())]);
}

public static class ReadCheckEndpoint
{
    [WolverineGet("/ledger/checks/{checkId}"), Authorize(Scopes.Read), Tags("Checks"), EndpointSummary("Reads one check.")]
    public static async Task<Check> Get(string checkId, IQuerySession documents, CancellationToken cancellation) =>
        (await documents.LoadAsync<Check>(Inputs.Uuid("check id", checkId), cancellation))?.Shown()
        ?? throw RequestRejected.NotFound("There is no such check.");
}
