using Ledger.Projections.AlertChannels;

namespace Ledger.Http.AlertChannels;

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
