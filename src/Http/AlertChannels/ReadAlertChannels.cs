using Ledger.Http.Access;
using Ledger.Projections.AlertChannels;
using Marten;

namespace Ledger.Http.AlertChannels;

/// <summary>Lists the account's channels.</summary>
public static class ListAlertChannelsEndpoint
{
    [WolverineGet("/ledger/alert-channels"), Authorize(Scopes.ReadOrAdmin), Tags("Alert channels")]
    [EndpointSummary("Lists the account's alert channels by name, without secrets.")]
    public static async Task<AlertChannelList> Get(Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        var all = await documents.Query<AlertChannel>().ToListAsync(cancellation);
        return new AlertChannelList([.. all.OrderBy(channel => channel.Id, StringComparer.Ordinal).Select(channel => new AlertChannelView(channel))]);
    }
}

/// <summary>The channels of an account.</summary>
public sealed record AlertChannelList(IReadOnlyList<AlertChannelView> Entries);

/// <summary>Reads one channel.</summary>
public static class ReadAlertChannelEndpoint
{
    [WolverineGet("/ledger/alert-channels/{channelId}"), Authorize(Scopes.ReadOrAdmin), Tags("Alert channels")]
    [EndpointSummary("Reads one alert channel, without secrets.")]
    public static async Task<AlertChannelView> Get(
        string channelId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        new(await documents.FindAsync(caller, channelId, cancellation));
}
