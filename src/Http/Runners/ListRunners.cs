namespace Ledger.Http.Runners;

public static class ListRunnersEndpoint
{
    /// <summary>How long a runner that is silent stays in the list.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(15);

    [WolverineGet("/ledger/runners"), Authorize(Scopes.Read), Errors(403), Tags("Runners")]
    [EndpointSummary("Lists the runners that were heard of in the last quarter of an hour, on whichever host: since when, what each holds, whether it drains. A few seconds late at most.")]
    public static async Task<EntryList<ConnectedRunner>> Get(Caller caller, RunnersReader runners, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        return new(await runners.ListAsync(caller.AccountId, Remembered, cancellation));
    }
}
