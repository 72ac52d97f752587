namespace Ledger.Projections.Metrics;

/// <summary>The spans of time that metrics are kept for, in UTC.</summary>
internal enum MetricsSpan
{
    /// <summary>An hour.</summary>
    Hour,

    /// <summary>A day.</summary>
    Day,
}

internal static class MetricsSpans
{
    /// <summary>How long it is.</summary>
    public static TimeSpan Length(this MetricsSpan span) => span is MetricsSpan.Hour ? TimeSpan.FromHours(1) : TimeSpan.FromDays(1);

    /// <summary>The start of the span that a time is in.</summary>
    public static DateTimeOffset StartOf(this MetricsSpan span, DateTimeOffset time)
    {
        var ticks = time.UtcTicks;
        return new DateTimeOffset(ticks - (ticks % span.Length().Ticks), TimeSpan.Zero);
    }

    /// <summary>The first start of a span at or after a time.</summary>
    public static DateTimeOffset StartFrom(this MetricsSpan span, DateTimeOffset time)
    {
        var start = span.StartOf(time);
        return start == time ? start : start + span.Length();
    }
}
