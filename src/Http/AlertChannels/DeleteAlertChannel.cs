using Ledger.Projections.AlertChannels;

namespace Ledger.Http.AlertChannels;

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
