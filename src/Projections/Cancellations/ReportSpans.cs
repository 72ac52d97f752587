namespace Ledger.Projections.Cancellations;

/// <summary>A range of time: from one moment until before another.</summary>
internal readonly record struct TimeRange(DateTimeOffset From, DateTimeOffset To)
{
    public bool IsEmpty => From >= To;
}

/// <summary>
/// How a range is read exactly at a bounded cost: whole days and whole hours are taken from what was added up, the rest at its edges, less
/// than an hour each, from the rows themselves.
/// </summary>
/// <param name="Sums">Ranges of whole spans.</param>
/// <param name="Edges">The rest.</param>
internal sealed record ReportSpans(IReadOnlyList<(Grain Grain, TimeRange Range)> Sums, IReadOnlyList<TimeRange> Edges)
{
    /// <summary>Cuts a range.</summary>
    public static ReportSpans Of(TimeRange range)
    {
        var (days, aroundDays) = Cut(range, Grain.Day);
        var hours = aroundDays.Select(rest => Cut(rest, Grain.Hour)).ToList();
        return new ReportSpans(
            [.. days.Select(day => (Grain.Day, day)), .. hours.SelectMany(cut => cut.Whole).Select(hour => (Grain.Hour, hour))],
            [.. hours.SelectMany(cut => cut.Around)]);
    }

    /// <summary>The whole spans in the middle, and what is before and after them.</summary>
    private static (IReadOnlyList<TimeRange> Whole, IReadOnlyList<TimeRange> Around) Cut(TimeRange range, Grain grain)
    {
        var first = Ceiling(grain, range.From);
        var last = Grains.Floor(grain, range.To);
        return first < last
            ? ([new TimeRange(first, last)], NotEmpty(new TimeRange(range.From, first), new TimeRange(last, range.To)))
            : ([], NotEmpty(range));
    }

    private static IReadOnlyList<TimeRange> NotEmpty(params IEnumerable<TimeRange> ranges) => [.. ranges.Where(range => !range.IsEmpty)];

    private static DateTimeOffset Ceiling(Grain grain, DateTimeOffset at)
    {
        var floor = Grains.Floor(grain, at);
        return floor == at || floor > DateTimeOffset.MaxValue - Grains.Length(grain) ? at : floor + Grains.Length(grain);
    }
}
