using Ledger.Http.Access;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.AlertChannels;

/// <summary>Deletes a channel.</summary>
public static class DeleteAlertChannelEndpoint
{
    [WolverineDelete("/ledger/alert-channels/{channelId}"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Deletes an alert channel. What was not delivered yet is given up.")]
    public static async Task Delete(
        string channelId, Caller caller, AlertChannelRegistry channels, TimeProvider clock, CancellationToken cancellation)
    {
        var id = AlertChannelCalls.NameOf(caller, channelId);
        if (!await Database.RunAsync(() => channels.RemoveAsync(caller.AccountId, id, clock.GetUtcNow(), cancellation)))
        {
            throw AlertChannelCalls.Unknown();
        }
    }
}
