using Ledger.Http.Checkly;

namespace Ledger.Http.Tests.Dialects.Checkly.Reporting;

/// <summary>Rolling days, and UTC calendar ranges with Monday as the first day (docs/dialects/checkly.md#reports).</summary>
public sealed class QuickRangesTests
{
    [Theory]
    [InlineData("last24Hrs", "2026-08-17T10:53", "2026-08-18T10:53", true)]
    [InlineData("last24Hours", "2026-08-17T10:53", "2026-08-18T10:53", true)]
    [InlineData("last7Days", "2026-08-11T10:53", "2026-08-18T10:53", true)]
    [InlineData("last30Days", "2026-07-19T10:53", "2026-08-18T10:53", true)]
    [InlineData("thisWeek", "2026-08-17T00:00", "2026-08-18T10:53", true)]
    [InlineData("lastWeek", "2026-08-10T00:00", "2026-08-17T00:00", false)]
    [InlineData("thisMonth", "2026-08-01T00:00", "2026-08-18T10:53", true)]
    [InlineData("lastMonth", "2026-07-01T00:00", "2026-08-01T00:00", false)]
    public void Each_name_means_a_range(string name, string from, string to, bool isUpToNow) =>
        QuickRanges.Of(name, Utc("2026-08-18T10:53")).ShouldBe(new TimeWindow(Utc(from), Utc(to), isUpToNow));

    [Theory]
    [InlineData("2026-08-16T23:59", "2026-08-10T00:00")]
    [InlineData("2026-08-17T00:00", "2026-08-17T00:00")]
    public void A_week_ends_with_Sunday(string now, string monday) => QuickRanges.Of("thisWeek", Utc(now)).From.ShouldBe(Utc(monday));

    private static DateTimeOffset Utc(string text) => new(DateTime.Parse(text), TimeSpan.Zero);
}
