using System.Text.Json.Serialization;
using Ledger.Projections.Metrics;
using Ledger.Sessions;

namespace Ledger.Http.Reports.Checks;

/// <summary>How the runs of checks went.</summary>
/// <param name="From">The start of the range.</param>
/// <param name="To">Its end.</param>
/// <param name="GroupBy">How it is divided.</param>
/// <param name="Checks">The checks of which a run was settled in it, by id.</param>
/// <param name="NextCursor">Where the next page begins; null on the last one.</param>
public sealed record CheckReportPage(
    DateTimeOffset From, DateTimeOffset To, ReportGrouping GroupBy, IReadOnlyList<CheckReport> Checks, string? NextCursor);

/// <summary>How the runs of one check went in the whole range.</summary>
public sealed record CheckReport : RunReport
{
    private CheckReport(Guid checkId, RunMetrics metrics)
        : base(metrics) => CheckId = checkId;

    /// <summary>The check.</summary>
    public Guid CheckId { get; }

    /// <summary>The same figures for each hour or day in which a run was settled, in order; absent unless the report is divided.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<CheckReportBucket>? Buckets { get; private init; }

    /// <summary>The report of a check, from its buckets.</summary>
    public static CheckReport Of(IReadOnlyList<MeasuredRuns> buckets, CheckReportQuery query)
    {
        if (query.GroupBy is ReportGrouping.None)
        {
            return new CheckReport(buckets[0].CheckId, buckets[0].Metrics);
        }

        var total = new RunMetrics();
        foreach (var bucket in buckets)
        {
            total.Add(bucket.Metrics);
        }

        return new CheckReport(buckets[0].CheckId, total)
        {
            Buckets = [.. buckets.Select(bucket => new CheckReportBucket(
                query.Bounds[bucket.Bucket],
                bucket.Bucket < query.Bounds.Count - 2 ? query.Bounds[bucket.Bucket + 1] : query.To,
                bucket.Metrics))],
        };
    }
}

/// <summary>How the runs of one check went in one hour or day.</summary>
public sealed record CheckReportBucket : RunReport
{
    public CheckReportBucket(DateTimeOffset from, DateTimeOffset to, RunMetrics metrics)
        : base(metrics) => (From, To) = (from, to);

    /// <summary>Its start.</summary>
    public DateTimeOffset From { get; }

    /// <summary>Its end.</summary>
    public DateTimeOffset To { get; }
}

/// <summary>
/// How runs went (wire.md 3.11). Cancelled runs stand in <see cref="Cancelled"/> alone; runs that timed out or were lost are shown apart, and are
/// failures.
/// </summary>
public abstract record RunReport
{
    protected RunReport(RunMetrics metrics)
    {
        Runs = metrics.Runs;
        Passed = metrics.Passed;
        Degraded = metrics.Degraded;
        Failed = metrics.Failed;
        TimedOut = metrics.TimedOut;
        Lost = metrics.Lost;
        Availability = metrics.SuccessRatio;
        SuccessRatio = metrics.SuccessRatio;
        ResponseTime = ResponseTimeReport.Of(metrics.ResponseTimes);
        Cancelled = new CancelledReport(metrics.Cancelled, metrics.CancelledByCause);
    }

    /// <summary>Counted runs: all that were settled, except cancelled ones.</summary>
    public long Runs { get; }

    /// <summary>Of these, those that passed.</summary>
    public long Passed { get; }

    /// <summary>Those that were slower than they should be; they are successes.</summary>
    public long Degraded { get; }

    /// <summary>Those that failed, or could not be executed properly.</summary>
    public long Failed { get; }

    /// <summary>Those that exceeded their own limit.</summary>
    public long TimedOut { get; }

    /// <summary>Those whose runner vanished.</summary>
    public long Lost { get; }

    /// <summary>Successes in percent of counted runs, 0 to 100; null when none counts.</summary>
    public decimal? Availability { get; }

    /// <summary>The same: the ledger knows a check's availability from its runs alone.</summary>
    public decimal? SuccessRatio { get; }

    /// <summary>How long the counted runs took.</summary>
    public ResponseTimeReport ResponseTime { get; }

    /// <summary>Cancelled runs, which stand in no other figure.</summary>
    public CancelledReport Cancelled { get; }
}

/// <summary>Response times in milliseconds; null when no counted run has one.</summary>
public sealed record ResponseTimeReport(decimal? Avg, long? Min, long? Max, long? P50, long? P95, long? P99)
{
    public static ResponseTimeReport Of(ResponseTimes times) =>
        new(times.Average, times.Shortest, times.Longest, times.Percentile(50), times.Percentile(95), times.Percentile(99));
}

/// <summary>Cancelled runs.</summary>
/// <param name="Total">All of them.</param>
/// <param name="ByCause">By cause; their sum is the total.</param>
public sealed record CancelledReport(long Total, IReadOnlyDictionary<CancelCause, long> ByCause);
