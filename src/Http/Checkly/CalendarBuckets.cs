namespace Ledger.Http.Checkly;

/// <summary>Parts of the calendar.</summary>
public enum Granularity
{
    /// <summary>A day.</summary>
    Day,

    /// <summary>A week from Monday on.</summary>
    Week,

    /// <summary>A month.</summary>
    Month,
}

/// <summary>
/// Days, weeks and months as the calendar of a time zone has them: a day has 23, 24 or 25 hours, and may begin at any minute of a UTC hour.
/// </summary>
public static class CalendarBuckets
{
    /// <summary>How many there may be.</summary>
    public const int Maximum = 120;

    /// <summary>
    /// Where the buckets of a range start, the first of them clamped to it; null when there are more than <see cref="Maximum"/>.
    /// </summary>
    public static IReadOnlyList<DateTimeOffset>? StartsOf(DateTimeOffset from, DateTimeOffset to, Granularity granularity, TimeZoneInfo zone)
    {
        var starts = new List<DateTimeOffset> { from };
        var date = FirstOf(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(from, zone).DateTime), granularity);
        while (true)
        {
            date = After(date, granularity);
            var start = StartOf(date, zone);
            if (start >= to)
            {
                return starts;
            }

            // A date that the zone left out, as it moved across the date line, begins with the next one: it is none.
            if (start > starts[^1])
            {
                starts.Add(start);
            }

            if (starts.Count > Maximum)
            {
                return null;
            }
        }
    }

    /// <summary>
    /// The first moment of a date in a time zone. Where its midnight is left out, as the clock is put forward, that is the moment at which this
    /// happens; where midnight comes twice, the first one.
    /// </summary>
    public static DateTimeOffset StartOf(DateOnly date, TimeZoneInfo zone)
    {
        var midnight = date.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc);

        // No zone is further ahead of UTC than 14 hours, or further behind than 12: here it is the day before for certain. The clock is asked for
        // each hour from then on, then within the hour that matters. Only the way from UTC is asked for, which always has one answer.
        var before = midnight.AddHours(-15);
        while (LocalOf(before.AddHours(1), zone) < midnight)
        {
            before = before.AddHours(1);
        }

        var after = before.AddHours(1);
        while (after - before > TimeSpan.FromSeconds(1))
        {
            var middle = before.AddSeconds(Math.Floor((after - before).TotalSeconds / 2));
            (before, after) = LocalOf(middle, zone) < midnight ? (middle, after) : (before, middle);
        }

        return new DateTimeOffset(after);
    }

    private static DateTime LocalOf(DateTime utc, TimeZoneInfo zone) => utc + zone.GetUtcOffset(utc);

    private static DateOnly FirstOf(DateOnly date, Granularity granularity) => granularity switch
    {
        Granularity.Day => date,
        Granularity.Week => date.AddDays(-(((int)date.DayOfWeek + 6) % 7)),
        Granularity.Month => date.AddDays(1 - date.Day),
        _ => throw new ArgumentOutOfRangeException(nameof(granularity), granularity, "There is no such granularity."),
    };

    private static DateOnly After(DateOnly date, Granularity granularity) => granularity switch
    {
        Granularity.Day => date.AddDays(1),
        Granularity.Week => date.AddDays(7),
        Granularity.Month => date.AddMonths(1),
        _ => throw new ArgumentOutOfRangeException(nameof(granularity), granularity, "There is no such granularity."),
    };
}

/// <summary>Time zones by their IANA names, and by no others: neither offsets such as <c>+05:00</c> nor the names that Windows has.</summary>
public static class IanaTimeZones
{
    private const int LongestName = 64;

    /// <summary>The zone of that name; null when there is none.</summary>
    public static TimeZoneInfo? Find(string name) =>
        IsName(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;

    /// <summary>
    /// Whether it looks like one: capital first, then letters, digits and a few signs. The system's own files and folders, which are no zones
    /// and would be found as well, look otherwise.
    /// </summary>
    private static bool IsName(string name) =>
        name.Length <= LongestName
        && char.IsAsciiLetterUpper(name[0])
        && name.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '/' or '_' or '-' or '+');
}
