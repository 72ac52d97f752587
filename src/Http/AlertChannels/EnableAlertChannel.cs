using Ledger.Http.Access;
using Ledger.Projections.AlertChannels;
using Ledger.Store;

namespace Ledger.Http.AlertChannels;

/// <summary>Has a channel that was disabled sent alerts again. What happened meanwhile is not made up for.</summary>
public static class EnableAlertChannelEndpoint
{
    [WolverinePost("/ledger/alert-channels/{channelId}/enable"), Authorize(Scopes.Admin), Tags("Alert channels")]
    [EndpointSummary("Has a disabled channel sent alerts again, those from now on.")]
    public static async Task<AlertChannelView> Post(
        string channelId, Caller caller, AlertChannelRegistry channels, EventLog log, TimeProvider clock, CancellationToken cancellation)
    {
        var id = AlertChannelCalls.NameOf(caller, channelId);
        var head = await log.ReadHeadAsync(cancellation);
        var channel = await Database.RunAsync(() => channels.EnableAsync(caller.AccountId, id, head, clock.GetUtcNow(), cancellation));
        return new AlertChannelView(channel ?? throw AlertChannelCalls.Unknown());
    }
}
