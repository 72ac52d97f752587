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

/// <summary>Has a channel sent nothing any more, until it is enabled again.</summary>
public static class DisableAlertChannelEndpoint
{
    private const string ByHand = "disabled by hand";

    [WolverinePost("/ledger/alert-channels/{channelId}/disable"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Has a channel sent nothing any more. What was not delivered yet is given up.")]
    public static async Task<AlertChannelView> Post(
        string channelId, Caller caller, IDocumentSession documents, TimeProvider clock, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var disabled = (await documents.FindAsync(caller, channelId, cancellation)).Disable(ByHand, now);
        documents.StoreDisabled(disabled, now);
        await documents.SaveChangesAsync(cancellation);
        return new AlertChannelView(disabled);
    }
}

public static class DeleteAlertChannelEndpoint
{
    [WolverineDelete("/ledger/alert-channels/{channelId}"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Deletes an alert channel. What was not delivered yet is given up.")]
    public static async Task Delete(
        string channelId, Caller caller, IDocumentSession documents, TimeProvider clock, CancellationToken cancellation)
    {
        documents.DeleteWithSecrets(await documents.FindAsync(caller, channelId, cancellation), clock.GetUtcNow());
        await documents.SaveChangesAsync(cancellation);
    }
}
