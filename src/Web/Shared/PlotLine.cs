namespace Ledger.Web.Shared;

/// <summary>One line of a plot, or one part of its bars.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Tone">Its colour, one of those of states.</param>
/// <param name="Values">One for each bucket; null where there is none.</param>
/// <param name="IsMark">Whether it is a row of marks at the foot of the plot, outside every line: what counts in none of them.</param>
public sealed record PlotLine(string Name, string Tone, IReadOnlyList<double?> Values, bool IsMark = false)
{
    /// <summary>The line of the median, and those above which one in twenty and one in a hundred are.</summary>
    /// <param name="values">A percentile of each bucket.</param>
    public static IReadOnlyList<PlotLine> Percentiles(Func<int, IEnumerable<double?>> values) =>
        [.. new[] { (50, "passed"), (95, "degraded"), (99, "timed-out") }.Select(each => new PlotLine($"p{each.Item1}", each.Item2, [.. values(each.Item1)]))];

    /// <summary>A value as the table shows it.</summary>
    internal string Shown(int at, Func<double, string> format) => (Values[at], IsMark) switch
    {
        (null, false) => "–",
        (var marks, true) => $"{marks ?? 0:0}",
        ({ } value, _) => format(value),
    };
}

/// <summary>How figures are written.</summary>
public static class Figures
{
    /// <summary>Milliseconds, short.</summary>
    public static string Milliseconds(double milliseconds) => milliseconds switch
    {
        < 1_000 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{milliseconds:0} ms"),
        < 60_000 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{milliseconds / 1_000:0.#} s"),
        < 3_600_000 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{milliseconds / 60_000:0.#} min"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{milliseconds / 3_600_000:0.#} h"),
    };

    /// <summary>The same, or a dash.</summary>
    public static string OrDash(long? milliseconds) => milliseconds is { } value ? Milliseconds(value) : "–";

    /// <summary>A share in percent, or a dash.</summary>
    public static string Percent(decimal? percent) => percent is { } value
        ? value.ToString(value is 100 or 0 ? "0" : "0.0#", System.Globalization.CultureInfo.InvariantCulture) + " %"
        : "–";

    /// <summary>The start of each of the last UTC days, today the last, and the end of today.</summary>
    public static IReadOnlyList<DateTimeOffset> Days(DateTimeOffset now, int days)
    {
        var today = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero);
        return [.. Enumerable.Range(0, days + 1).Select(day => today.AddDays(day - days + 1))];
    }
}
