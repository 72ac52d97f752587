namespace Ledger.Http.AlertChannels;

/// <summary>Has a channel that was disabled sent alerts again. What happened meanwhile is not made up for.</summary>
public static class EnableAlertChannelEndpoint
{
    [WolverinePost("/ledger/alert-channels/{channelId}/enable"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Has a disabled channel sent alerts again, those from now on.")]
    public static async Task<AlertChannelView> Post(
        string channelId, Caller caller, IDocumentSession documents, EventLog log, TimeProvider clock, CancellationToken cancellation)
    {
        var channel = await documents.FindAsync(caller, channelId, cancellation);
        var enabled = channel.Enable(await log.ReadHeadAsync(cancellation), clock.GetUtcNow());
        documents.Store(enabled);
        await documents.SaveChangesAsync(cancellation);
        return new AlertChannelView(enabled);
    }
}
