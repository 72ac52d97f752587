namespace Ledger.Http.Checkly;

/// <summary>The time that a report is about: from <paramref name="From"/>, before <paramref name="To"/>.</summary>
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
    /// <param name="ranges">The quick ranges of this route, the default first.</param>
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

/// <summary>
/// The ranges that have a name: those of so many days roll back from now, weeks and months are UTC calendar ranges with Monday as the first
/// day. The first name of a list is the default.
/// </summary>
public static class QuickRanges
{
    /// <summary>Those of reporting, where the last day has a name of its own.</summary>
    public const string NamesOfReporting = "last24Hrs, last7Days, last30Days, thisWeek, thisMonth, lastWeek, lastMonth";

    /// <summary>Those of analytics.</summary>
    public const string NamesOfAnalytics = "last24Hours, last7Days, last30Days, thisWeek, thisMonth, lastWeek, lastMonth";

    /// <summary>Those of analytics of several checks.</summary>
    public const string NamesOfBatches = "last24Hours, last7Days, thisWeek, lastWeek, lastMonth";

    public static readonly IReadOnlyList<string> OfReporting = NamesOfReporting.Split(", ");
    public static readonly IReadOnlyList<string> OfAnalytics = NamesOfAnalytics.Split(", ");
    public static readonly IReadOnlyList<string> OfBatches = NamesOfBatches.Split(", ");

    /// <summary>The window that a name means now.</summary>
    public static TimeWindow Of(string name, DateTimeOffset now)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        var week = today.AddDays(-(((int)today.DayOfWeek + 6) % 7));
        var month = today.AddDays(1 - today.Day);
        return name switch
        {
            "last24Hrs" or "last24Hours" => UpToNow(now.AddDays(-1)),
            "last7Days" => UpToNow(now.AddDays(-7)),
            "last30Days" => UpToNow(now.AddDays(-30)),
            "thisWeek" => UpToNow(week),
            "thisMonth" => UpToNow(month),
            "lastWeek" => new TimeWindow(week.AddDays(-7), week, IsUpToNow: false),
            "lastMonth" => new TimeWindow(month.AddMonths(-1), month, IsUpToNow: false),
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such range."),
        };

        TimeWindow UpToNow(DateTimeOffset from) => new(from, now, IsUpToNow: true);
    }
}
