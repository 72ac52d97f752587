using Ledger.Http.Checkly;

namespace Ledger.Http.Tests.Dialects.Checkly.Reporting;

/// <summary>Day buckets follow the zone (docs/dialects/checkly.md#reports).</summary>
public sealed class CalendarBucketsTests
{
    [Theory]
    [InlineData("Europe/Berlin", "2026-03-29", "2026-03-28T23:00", "23:00:00", "the clock is put forward")]
    [InlineData("Europe/Berlin", "2026-10-25", "2026-10-24T22:00", "1.01:00:00", "the clock is put back")]
    [InlineData("Europe/Berlin", "2026-06-01", "2026-05-31T22:00", "1.00:00:00", "a day as any other")]
    [InlineData("America/St_Johns", "2026-03-08", "2026-03-08T03:30", "23:00:00", "half an hour off")]
    [InlineData("America/St_Johns", "2026-11-01", "2026-11-01T02:30", "1.01:00:00", "half an hour off, and put back")]
    [InlineData("Asia/Kathmandu", "2026-05-05", "2026-05-04T18:15", "1.00:00:00", "three quarters off")]
    [InlineData("Africa/Cairo", "2026-04-24", "2026-04-23T22:00", "23:00:00", "there is no midnight: the day begins at one")]
    [InlineData("America/Havana", "2026-11-01", "2026-11-01T04:00", "1.01:00:00", "midnight comes twice")]
    [InlineData("Pacific/Kiritimati", "2026-05-05", "2026-05-04T10:00", "1.00:00:00", "as far ahead as it gets")]
    [InlineData("Etc/GMT+12", "2026-05-05", "2026-05-05T12:00", "1.00:00:00", "as far behind as it gets")]
    [InlineData("Pacific/Apia", "2011-12-30", "2011-12-30T10:00", "00:00:00", "a date that was left out")]
    public void A_day_is_as_long_as_its_zone_says(string zone, string date, string start, string length, string because)
    {
        var found = IanaTimeZones.Find(zone)!;
        var day = DateOnly.Parse(date);

        var begins = CalendarBuckets.StartOf(day, found);

        begins.ShouldBe(Utc(start), because);
        (CalendarBuckets.StartOf(day.AddDays(1), found) - begins).ShouldBe(TimeSpan.Parse(length), because);
    }

    [Fact]
    public void Weeks_begin_on_Monday_and_the_first_bucket_is_clamped()
    {
        var berlin = IanaTimeZones.Find("Europe/Berlin")!;

        CalendarBuckets.StartsOf(Utc("2026-03-25T12:00"), Utc("2026-04-06T00:00"), Granularity.Week, berlin)
            .ShouldBe([Utc("2026-03-25T12:00"), Utc("2026-03-29T22:00"), Utc("2026-04-05T22:00")]);
        CalendarBuckets.StartsOf(Utc("2026-03-25T12:00"), Utc("2026-05-01T00:00"), Granularity.Month, berlin)
            .ShouldBe([Utc("2026-03-25T12:00"), Utc("2026-03-31T22:00"), Utc("2026-04-30T22:00")]);
        CalendarBuckets.StartsOf(Utc("2026-03-30T00:00"), Utc("2026-04-06T00:00"), Granularity.Week, TimeZoneInfo.Utc)
            .ShouldBe([Utc("2026-03-30T00:00")]);
    }

    [Fact]
    public void A_date_that_was_left_out_has_no_bucket() => CalendarBuckets.StartsOf(
            Utc("2011-12-29T12:00"), Utc("2011-12-31T12:00"), Granularity.Day, IanaTimeZones.Find("Pacific/Apia")!)
        .ShouldBe([Utc("2011-12-29T12:00"), Utc("2011-12-30T10:00"), Utc("2011-12-31T10:00")]);

    [Fact]
    public void There_are_at_most_120()
    {
        var from = Utc("2026-01-01T00:00");

        CalendarBuckets.StartsOf(from, from.AddDays(120), Granularity.Day, TimeZoneInfo.Utc)!.Count.ShouldBe(120);
        CalendarBuckets.StartsOf(from, from.AddDays(120).AddTicks(1), Granularity.Day, TimeZoneInfo.Utc).ShouldBeNull();
    }

    [Fact]
    public void Days_of_any_zone_follow_each_other()
    {
        foreach (var zone in TimeZoneInfo.GetSystemTimeZones())
        {
            var date = new DateOnly(2025, 1, 1);
            var start = CalendarBuckets.StartOf(date, zone);
            for (var day = 0; day < 400; day++)
            {
                date = date.AddDays(1);
                var next = CalendarBuckets.StartOf(date, zone);
                (next - start).ShouldBeInRange(TimeSpan.FromHours(22), TimeSpan.FromHours(26), $"{zone.Id} {date}");
                (DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(next, zone).DateTime)).ShouldBe(date, zone.Id);
                (DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(next.AddTicks(-1), zone).DateTime)).ShouldBe(date.AddDays(-1), zone.Id);
                start = next;
            }
        }
    }

    [Theory]
    [InlineData("+05:00")]
    [InlineData("UTC+5")]
    [InlineData("GMT+05:00")]
    [InlineData("W. Europe Standard Time")]
    [InlineData("Europe/Atlantis")]
    [InlineData("Europe")]
    [InlineData("America/Argentina")]
    [InlineData("posix/Europe/Berlin")]
    [InlineData("right/Europe/Berlin")]
    [InlineData("localtime")]
    [InlineData("zone.tab")]
    [InlineData("../../etc/passwd")]
    [InlineData("/etc/localtime")]
    [InlineData("Europe//Berlin/")]
    [InlineData("Europe/Berlin\0")]
    public void Whatever_is_no_name_of_a_zone_is_none(string name) => IanaTimeZones.Find(name).ShouldBeNull();

    [Theory]
    [InlineData("UTC")]
    [InlineData("Europe/Berlin")]
    [InlineData("America/Argentina/Buenos_Aires")]
    [InlineData("Asia/Calcutta")]
    [InlineData("US/Eastern")]
    [InlineData("EST5EDT")]
    [InlineData("Etc/GMT+5")]
    public void Names_and_their_aliases_are_known(string name) => IanaTimeZones.Find(name).ShouldNotBeNull();

    private static DateTimeOffset Utc(string text) => new(DateTime.Parse(text), TimeSpan.Zero);
}
