using Ledger.Http.Errors;
using Ledger.Projections.Metrics;

namespace Ledger.Http.Dialects.Checkly.Analytics;

/// <summary>The time that a report is about: from <paramref name="From"/>, before <paramref name="To"/> (wire.md 3.11).</summary>
/// <param name="From">Its start.</param>
/// <param name="To">Its end, as it is shown.</param>
/// <param name="IsUpToNow">
/// Whether it ends now. Then a result that comes in while the report is made is let in, and so is one that another host, whose clock may be a
/// little ahead, recorded before.
/// </param>
public sealed record TimeWindow(DateTimeOffset From, DateTimeOffset To, bool IsUpToNow)
{
    private static readonly TimeSpan DefaultRange = TimeSpan.FromHours(24);

    /// <summary>Calendars can still be reckoned with here; nothing was ever settled later.</summary>
    private static readonly DateTimeOffset Latest = new(9000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Where the reading ends.</summary>
    public DateTimeOffset End => IsUpToNow ? CheckMetricsQuery.Unbounded : To;

    /// <summary>The window of a request: <c>from</c> and <c>to</c> where one of them is there, else <c>quickRange</c>.</summary>
    /// <param name="request">The request.</param>
    /// <param name="ranges">The quick ranges of this route, the default first.</param>
    /// <param name="now">The current time.</param>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static TimeWindow Read(HttpRequest request, IReadOnlyList<string> ranges, DateTimeOffset now)
    {
        var quick = ReadQuickRange(request, ranges, now);
        var from = Capped(QueryValues.UnixTime(request, "from"));
        var to = Capped(QueryValues.UnixTime(request, "to"));
        if (from is null && to is null)
        {
            return quick;
        }

        var end = to ?? now;
        var window = new TimeWindow(from ?? BeforeOrFirst(end), end, to is null);
        return window.From < window.To ? window : throw RequestRejected.BadRequest("'from' must be before 'to'.");
    }

    /// <summary>The window of a quick range.</summary>
    /// <inheritdoc cref="Read"/>
    public static TimeWindow ReadQuickRange(HttpRequest request, IReadOnlyList<string> ranges, DateTimeOffset now) =>
        QuickRanges.Of(QueryValues.Word(request, "quickRange", ranges) ?? ranges[0], now);

    private static DateTimeOffset? Capped(DateTimeOffset? time) => time > Latest ? Latest : time;

    private static DateTimeOffset BeforeOrFirst(DateTimeOffset end) =>
        end - DateTimeOffset.UnixEpoch > DefaultRange ? end - DefaultRange : DateTimeOffset.UnixEpoch;
}
