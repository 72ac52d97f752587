namespace Ledger.Projections.Metrics;

/// <summary>
/// Where the figures of some buckets stand: whole days and whole hours in rows of their own, the rest in single results. The parts of one kind
/// are in order, and none touches the next: what lies side by side is read at once, whichever buckets it belongs to.
/// </summary>
internal sealed class Cover
{
    private readonly List<Period> days = [];
    private readonly List<Period> hours = [];
    private readonly List<Period> results = [];

    public IReadOnlyList<Period> Days => days;

    public IReadOnlyList<Period> Hours => hours;

    public IReadOnlyList<Period> Results => results;

    /// <summary>Covers the buckets between ascending bounds.</summary>
    public static Cover Of(IReadOnlyList<DateTimeOffset> bounds)
    {
        var cover = new Cover();
        for (var i = 1; i < bounds.Count; i++)
        {
            cover.Add(bounds[i - 1], bounds[i]);
        }

        return cover;
    }

    private void Add(DateTimeOffset from, DateTimeOffset to)
    {
        var (firstHour, lastHour) = (MetricsSpan.Hour.StartFrom(from), MetricsSpan.Hour.StartOf(to));
        if (firstHour >= lastHour)
        {
            Append(results, from, to);
            return;
        }

        Append(results, from, firstHour);
        var (firstDay, lastDay) = (MetricsSpan.Day.StartFrom(firstHour), MetricsSpan.Day.StartOf(lastHour));
        if (firstDay >= lastDay)
        {
            Append(hours, firstHour, lastHour);
        }
        else
        {
            Append(hours, firstHour, firstDay);
            Append(days, firstDay, lastDay);
            Append(hours, lastDay, lastHour);
        }

        Append(results, lastHour, to);
    }

    private static void Append(List<Period> periods, DateTimeOffset from, DateTimeOffset to)
    {
        if (from >= to)
        {
            return;
        }

        if (periods.Count > 0 && periods[^1].To == from)
        {
            periods[^1] = periods[^1] with { To = to };
        }
        else
        {
            periods.Add(new Period(from, to));
        }
    }
}

/// <summary>From one time up to another, without it.</summary>
internal readonly record struct Period(DateTimeOffset From, DateTimeOffset To);
