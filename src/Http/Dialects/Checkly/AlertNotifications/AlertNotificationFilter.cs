using System.Globalization;
using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Projections.AlertChannels;

namespace Ledger.Http.Dialects.Checkly.AlertNotifications;

/// <summary>Reads the query of a list of notifications (wire.md 3.10).</summary>
public static class AlertNotificationFilter
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;

    /// <summary>How far apart <c>from</c> and <c>to</c> may be.</summary>
    private static readonly TimeSpan LongestRange = TimeSpan.FromHours(24);

    /// <summary>Reads it; without a time, what became due within the last 24 hours.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static NotificationQuery Read(HttpRequest request, Guid accountId, DateTimeOffset now)
    {
        var limit = Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit);
        var page = Math.Max(1, Inputs.Int(request, "page", 0, int.MaxValue, 1));
        var (from, to) = Range(QueryValues.UnixTime(request, "from"), QueryValues.UnixTime(request, "to"), now);
        return new NotificationQuery(accountId, from, to, limit, (page - 1L) * limit)
        {
            Channel = Channel(request),
            HasFailed = QueryValues.Flag(request, "hasFailures"),
        };
    }

    /// <summary>One end alone means 24 hours from it, none the last 24 hours, with no end: what comes meanwhile is shown.</summary>
    private static (DateTimeOffset From, DateTimeOffset? To) Range(DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now) => (from, to) switch
    {
        ({ } begin, { } end) when (end - begin).Duration() > LongestRange =>
            throw RequestRejected.BadRequest("'from' and 'to' must be at most 24 hours apart."),
        ({ } begin, { } end) => (begin, end),
        ({ } begin, null) => (begin, begin < DateTimeOffset.MaxValue - LongestRange ? begin + LongestRange : null),
        (null, { } end) => (end - LongestRange, end),
        _ => (now - LongestRange, null),
    };

    private static long? Channel(HttpRequest request)
    {
        var text = request.Query["alertChannelId"].ToString();
        return text.Length == 0 ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw RequestRejected.BadRequest("'alertChannelId' must be a positive whole number.");
    }
}
