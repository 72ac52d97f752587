namespace Ledger.Http.AlertChannels;

public static class ListAlertChannelsEndpoint
{
    [WolverineGet("/ledger/alert-channels"), Authorize(Scopes.ReadOrAdmin), Tags("Alert channels")]
    [EndpointSummary("Lists the account's alert channels by name, without secrets.")]
    public static async Task<EntryList<AlertChannelView>> Get(Caller caller, IQuerySession documents, CancellationToken cancellation)
    {
        caller.RequireWholeAccount();
        var all = await documents.Query<AlertChannel>().ToListAsync(cancellation);
        return new([.. all.OrderBy(channel => channel.Id, StringComparer.Ordinal).Select(channel => new AlertChannelView(channel))]);
    }
}

public static class ReadAlertChannelEndpoint
{
    [WolverineGet("/ledger/alert-channels/{channelId}"), Authorize(Scopes.ReadOrAdmin), Tags("Alert channels")]
    [EndpointSummary("Reads one alert channel, without secrets.")]
    public static async Task<AlertChannelView> Get(
        string channelId, Caller caller, IQuerySession documents, CancellationToken cancellation) =>
        new(await documents.FindAsync(caller, channelId, cancellation));
}
