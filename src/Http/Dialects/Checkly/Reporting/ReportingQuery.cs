using Ledger.Http.Checks;
using Ledger.Http.Dialects.Checkly.Analytics;
using Ledger.Http.Errors;
using Ledger.Http.Requests;

namespace Ledger.Http.Dialects.Checkly.Reporting;

/// <summary>What is asked of a report (wire.md 3.11).</summary>
/// <param name="Window">The time that it is about.</param>
/// <param name="Bounds">The start of each bucket, and the end of the last one; one bucket when there is no granularity.</param>
/// <param name="HasGranularity">Whether the buckets are shown, or the window as a whole.</param>
/// <param name="Tags">Tags that a check must have.</param>
/// <param name="IsDeactivated">Only deactivated checks, or only the others; null for all.</param>
public sealed record ReportingQuery(
    TimeWindow Window, IReadOnlyList<DateTimeOffset> Bounds, bool HasGranularity, IReadOnlyList<string> Tags, bool? IsDeactivated)
{
    public const int MaximumDays = 400;

    private static readonly Dictionary<string, Granularity> Granularities = new(StringComparer.Ordinal)
    {
        ["day"] = Granularity.Day,
        ["week"] = Granularity.Week,
        ["month"] = Granularity.Month,
    };

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static ReportingQuery Read(HttpRequest request, DateTimeOffset now)
    {
        var window = TimeWindow.Read(request, QuickRanges.OfReporting, now);
        var zone = ZoneOf(request);
        var granularity = QueryValues.Word(request, "granularity", Granularities.Keys);
        return new ReportingQuery(
            window,
            granularity is null ? [window.From, window.End] : BoundsOf(window, Granularities[granularity], zone),
            granularity is not null,
            QueryArrays.Read(request.Query, "filterByTags"),
            QueryValues.Flag(request, "deactivated"));
    }

    /// <summary>Whether a check is in the report.</summary>
    public bool Selects(Check check) => Tags.All(check.Tags.Contains) && (IsDeactivated is null || check.Activated != IsDeactivated);

    /// <summary>The end of a bucket, as it is shown.</summary>
    public DateTimeOffset EndOf(int bucket) => bucket < Bounds.Count - 2 ? Bounds[bucket + 1] : Window.To;

    private static TimeZoneInfo ZoneOf(HttpRequest request) => request.Query["timezone"].ToString() is { Length: > 0 } name
        ? IanaTimeZones.Find(name) ?? throw RequestRejected.BadRequest("'timezone' must be the IANA name of a time zone, such as Europe/Berlin.")
        : TimeZoneInfo.Utc;

    private static IReadOnlyList<DateTimeOffset> BoundsOf(TimeWindow window, Granularity granularity, TimeZoneInfo zone)
    {
        if (window.To - window.From > TimeSpan.FromDays(MaximumDays))
        {
            throw RequestRejected.BadRequest($"'from' and 'to' must be at most {MaximumDays} days apart with a granularity.");
        }

        var starts = CalendarBuckets.StartsOf(window.From, window.To, granularity, zone)
            ?? throw RequestRejected.BadRequest($"'granularity' divides the range into more than {CalendarBuckets.Maximum} buckets.");
        return [.. starts, window.End];
    }
}
