namespace Ledger.Http.Checkly;

/// <summary>How the runs of all registered checks went.</summary>
public static class ReportingEndpoint
{
    [WolverineGet("/v1/reporting"), Authorize(Scopes.Read), CostlyRead, Errors(400, 401, 403, 429), Tags("Checkly: reporting")]
    [EndpointSummary(
        "Success ratio and response times of every registered check, by name, over a range of time or for each of its days, weeks or months.")]
    [QueryNumber("from", "Settled at or after this time, in Unix seconds; overrides quickRange.")]
    [QueryNumber("to", "Settled before this time, in Unix seconds; overrides quickRange.")]
    [QueryText("quickRange", "One of " + QuickRanges.NamesOfReporting + "; the first when absent.")]
    [QueryText("filterByTags", "Tags that a check must have, all of them.", IsArray = true)]
    [QueryText("deactivated", "true for deactivated checks, false for the others; all when absent.")]
    [QueryText("granularity", "day, week or month: at most 120 of them, in at most 400 days.")]
    [QueryText("timezone", "The IANA name of the time zone whose calendar granularity follows; UTC when absent.")]
    public static async Task<IReadOnlyList<CheckReporting>> Get(
        HttpRequest request,
        Caller caller,
        IQuerySession documents,
        CheckMetricsReader metrics,
        Freshness freshness,
        TimeProvider clock,
        CancellationToken cancellation)
    {
        var query = ReportingQuery.Read(request, clock.GetUtcNow());
        caller.RequireWholeAccount();
        await freshness.WaitForMetricsAsync(cancellation);
        var selected = (await documents.ChecksAsync(cancellation)).Where(query.Selects).ToList();
        var asked = new CheckMetricsQuery(caller.AccountId, [.. selected.Select(check => check.Id)], query.Bounds);
        var aggregates = await metrics.ReadAsync(asked, cancellation)
            .Select(measured => (measured.CheckId, Aggregate: ReportingAggregate.Of(measured, query)))
            .Where(found => found.Aggregate is not null)
            .ToListAsync(cancellation);
        var byCheck = aggregates.ToLookup(found => found.CheckId, found => found.Aggregate!);
        return [.. selected.Select(check => new CheckReporting(check, [.. byCheck[check.Id]], query))];
    }
}

/// <summary>What is asked of a report.</summary>
/// <param name="Bounds">The start of each bucket, and the end of the last one; one bucket when there is no granularity.</param>
/// <param name="IsDeactivated">Only deactivated checks, or only the others; null for all.</param>
public sealed record ReportingQuery(
    TimeWindow Window, IReadOnlyList<DateTimeOffset> Bounds, bool HasGranularity, IReadOnlyList<string> Tags, bool? IsDeactivated)
{
    public const int MaximumDays = 400;
    public static ReportingQuery Read(HttpRequest request, DateTimeOffset now)
    {
        var window = TimeWindow.Read(request, QuickRanges.OfReporting, now);
        var zone = ZoneOf(request);
        Granularity? granularity = QueryValues.Word(request, "granularity", ["day", "week", "month"]) switch
        {
            "day" => Granularity.Day,
            "week" => Granularity.Week,
            "month" => Granularity.Month,
            _ => null,
        };
        return new ReportingQuery(
            window,
            granularity is { } parts ? BoundsOf(window, parts, zone) : [window.From, window.End],
            granularity is not null,
            QueryArrays.Read(request.Query, "filterByTags"),
            QueryValues.Flag(request, "deactivated"));
    }
    public bool Selects(CheckSummary check) => Tags.All(check.Tags.Contains) && (IsDeactivated is null || check.Activated != IsDeactivated);

    /// <summary>The end of a bucket, as it is shown.</summary>
    public DateTimeOffset EndOf(int bucket) => bucket < Bounds.Count - 2 ? Bounds[bucket + 1] : Window.To;

    private static TimeZoneInfo ZoneOf(HttpRequest request) => request.Text("timezone") is { } name
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

/// <summary>How the runs of one check went, from its buckets in which a run counts.</summary>
public sealed class CheckReporting(CheckSummary check, IReadOnlyList<ReportingAggregate> aggregates, ReportingQuery query)
{
    public string Name => check.Name;
    public Guid CheckId => check.Id;
    public string CheckType => check.CheckType;
    public bool Deactivated => !check.Activated;
    public IReadOnlyList<string> Tags => check.Tags;

    /// <summary>The window as a whole; absent when no run counts, and when there are buckets.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ReportingAggregate? Aggregate => query.HasGranularity ? null : aggregates.SingleOrDefault();

    /// <summary>The buckets in which a run counts, in order; absent when the window is shown as a whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ReportingAggregate>? Aggregates => query.HasGranularity ? aggregates : null;
}

/// <summary>How some runs went. No run of them is cancelled, and there is at least one.</summary>
/// <param name="SuccessRatio">Successes in percent, 0 to 100.</param>
/// <param name="Avg">The mean response time in milliseconds; 0 when no run has one, since none may be left out or null.</param>
public sealed record ReportingAggregate(decimal SuccessRatio, decimal Avg, long P95, long P99)
{
    /// <summary>The start of a bucket, clamped to the window; absent for the window as a whole.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? From { get; private init; }

    /// <summary>Its end.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? To { get; private init; }

    /// <summary>What is shown of a bucket; null when no run counts.</summary>
    public static ReportingAggregate? Of(MeasuredRuns runs, ReportingQuery query)
    {
        var times = runs.Metrics.ResponseTimes;
        return runs.Metrics.SuccessRatio is { } ratio
            ? new ReportingAggregate(ratio, times.Average ?? 0, times.Percentile(95) ?? 0, times.Percentile(99) ?? 0)
            {
                From = query.HasGranularity ? query.Bounds[runs.Bucket] : null,
                To = query.HasGranularity ? query.EndOf(runs.Bucket) : null,
            }
            : null;
    }
}

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
        _ => date.AddDays(1 - date.Day),
    };

    private static DateOnly After(DateOnly date, Granularity granularity) => granularity switch
    {
        Granularity.Day => date.AddDays(1),
        Granularity.Week => date.AddDays(7),
        _ => date.AddMonths(1),
    };
}

/// <summary>Time zones by their IANA names, and by no others: neither offsets such as <c>+05:00</c> nor the names that Windows has.</summary>
public static class IanaTimeZones
{
    /// <summary>The zone of that name; null when there is none.</summary>
    public static TimeZoneInfo? Find(string name) =>
        IsName(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) && zone.HasIanaId ? zone : null;

    /// <summary>
    /// Whether it looks like one: capital first, then letters, digits and a few signs. The system's own files and folders, which are no zones
    /// and would be found as well, look otherwise.
    /// </summary>
    private static bool IsName(string name) =>
        name.Length <= 64
        && char.IsAsciiLetterUpper(name[0])
        && name.All(sign => char.IsAsciiLetterOrDigit(sign) || sign is '/' or '_' or '-' or '+');
}
