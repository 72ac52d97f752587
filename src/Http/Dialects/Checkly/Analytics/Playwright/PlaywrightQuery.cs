using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Checkly.Analytics.Playwright;

/// <summary>What is asked of one Playwright check (wire.md 3.11).</summary>
/// <param name="Window">The time that it is about.</param>
/// <param name="Raw">The raw metrics; empty when aggregated ones are asked for.</param>
/// <param name="Aggregated">The aggregated metrics; empty when raw ones are asked for.</param>
/// <param name="Interval">How long a row is; null for one row of everything.</param>
/// <param name="ByLocation">Whether each location has a series.</param>
/// <param name="Outcomes">The ways to end that count.</param>
/// <param name="Page">From 1.</param>
/// <param name="Limit">Rows of a page.</param>
public sealed record PlaywrightQuery(
    TimeWindow Window,
    IReadOnlyList<RawMetric> Raw,
    IReadOnlyList<AggregatedMetric> Aggregated,
    TimeSpan? Interval,
    bool ByLocation,
    IReadOnlyList<RunState> Outcomes,
    int Page,
    int Limit)
{
    private const int MaximumLimit = 100;
    private const int DefaultLimit = 10;
    private const int MaximumMinutes = 43_200;

    private static readonly Dictionary<string, RunState[]> OutcomesByStatus = new(StringComparer.Ordinal)
    {
        ["success"] = [RunState.Passed, RunState.Degraded],
        ["failure"] = [RunState.Failed, RunState.TimedOut, RunState.Lost],
    };

    /// <summary>Reads the query.</summary>
    /// <exception cref="RequestRejected">400 naming the parameter that is wrong.</exception>
    public static PlaywrightQuery Read(HttpRequest request, DateTimeOffset now)
    {
        var names = QueryArrays.Read(request.Query, "metrics");
        var raw = names.Select(name => RawMetric.All.GetValueOrDefault(name)).OfType<RawMetric>().ToList();
        var aggregated = names.Select(name => AggregatedMetric.All.GetValueOrDefault(name)).OfType<AggregatedMetric>().ToList();
        if ((raw.Count > 0) == (aggregated.Count > 0))
        {
            throw RequestRejected.BadRequest(raw.Count > 0
                ? "'metrics' must be either raw or aggregated, not both."
                : $"'metrics' must name some of {string.Join(", ", RawMetric.All.Keys)}, or some of {string.Join(", ", AggregatedMetric.All.Keys)}.");
        }

        var minutes = Inputs.Int(request, "aggregationInterval", 1, MaximumMinutes, 0);
        return new PlaywrightQuery(
            TimeWindow.Read(request, QuickRanges.OfAnalytics, now),
            raw,
            aggregated,
            minutes > 0 ? TimeSpan.FromMinutes(minutes) : null,
            QueryValues.Word(request, "groupBy", ["runLocation"]) is not null,
            OutcomesOf(request),
            Math.Max(1, Inputs.Int(request, "page", 0, int.MaxValue, 1)),
            Inputs.Int(request, "limit", 1, MaximumLimit, DefaultLimit));
    }

    /// <summary>The bounds of the intervals of the page; none when there is no such page.</summary>
    public IReadOnlyList<DateTimeOffset> Intervals()
    {
        if (Interval is not { Ticks: var length })
        {
            return Page == 1 ? [Window.From, Window.End] : [];
        }

        // Counted from the epoch, so that an interval of an hour is an hour of the clock, and the same on every page and in every request.
        var epoch = DateTimeOffset.UnixEpoch.Ticks;
        var first = (Window.From.UtcTicks - epoch) / length;
        var all = ((Window.To.UtcTicks - epoch + length - 1) / length) - first;
        var before = (Page - 1L) * Limit;
        var here = (int)Math.Clamp(all - before, 0, Limit);
        return here == 0 ? [] :
        [
            .. Enumerable.Range(0, here).Select(n => Later(Window.From, BoundOf(before + n))),
            before + here == all ? Window.End : BoundOf(before + here),
        ];

        DateTimeOffset BoundOf(long interval) => new(epoch + ((first + interval) * length), TimeSpan.Zero);
    }

    private static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    private static IReadOnlyList<RunState> OutcomesOf(HttpRequest request)
    {
        var asked = QueryArrays.Read(request.Query, "filterByStatus");
        return asked.All(OutcomesByStatus.ContainsKey)
            ? [.. OutcomesByStatus.Where(status => asked.Count == 0 || asked.Contains(status.Key)).SelectMany(status => status.Value)]
            : throw RequestRejected.BadRequest($"'filterByStatus' must be some of {string.Join(", ", OutcomesByStatus.Keys)}.");
    }
}
