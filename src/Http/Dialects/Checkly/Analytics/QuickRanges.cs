namespace Ledger.Http.Dialects.Checkly.Analytics;

/// <summary>
/// The ranges that have a name (wire.md 9): those of so many days roll back from now, weeks and months are UTC calendar ranges with Monday as the
/// first day (wire.md 3.11).
/// </summary>
public static class QuickRanges
{
    /// <summary>Those of reporting, the default first: the last day has a name of its own there (trap 16).</summary>
    public static readonly IReadOnlyList<string> OfReporting =
        ["last24Hrs", "last7Days", "last30Days", "thisWeek", "thisMonth", "lastWeek", "lastMonth"];

    /// <summary>Those of analytics.</summary>
    public static readonly IReadOnlyList<string> OfAnalytics =
        ["last24Hours", "last7Days", "last30Days", "thisWeek", "thisMonth", "lastWeek", "lastMonth"];

    /// <summary>Those of analytics of several checks.</summary>
    public static readonly IReadOnlyList<string> OfBatches = ["last24Hours", "last7Days", "thisWeek", "lastWeek", "lastMonth"];

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
