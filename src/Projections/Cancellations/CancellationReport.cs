using Ledger.Projections.Metrics;
using Ledger.Sessions;

namespace Ledger.Projections.Cancellations;

/// <summary>How many requests to cancel there were, how they ended, how long they took and what they saved.</summary>
/// <param name="Requests">The requests, those included that are pending or were refused.</param>
/// <param name="Runs">The runs that they targeted.</param>
/// <param name="Metrics">Of the targeted runs that are settled: their latencies, and the runner time that was freed.</param>
public sealed record CancellationReport(
    CancelTally<CancelOutcome> Requests, CancelTally<CancelRunOutcome> Runs, SpanMetrics Metrics);

/// <summary>How many there were, by what they have in common. The sum over each dictionary is the total.</summary>
/// <typeparam name="TOutcome">The words of the outcomes.</typeparam>
public sealed class CancelTally<TOutcome>
    where TOutcome : struct, Enum
{
    private readonly Dictionary<CancelCause, long> byCause = Zeros<CancelCause>();
    private readonly Dictionary<CancelVia, long> byVia = Zeros<CancelVia>();
    private readonly Dictionary<TOutcome, long> byOutcome = Zeros<TOutcome>();

    /// <summary>All of them.</summary>
    public long Total { get; private set; }

    /// <summary>By cause; every cause is there.</summary>
    public IReadOnlyDictionary<CancelCause, long> ByCause => byCause;

    /// <summary>By interface; every one is there.</summary>
    public IReadOnlyDictionary<CancelVia, long> ByVia => byVia;

    /// <summary>By outcome; every one is there.</summary>
    public IReadOnlyDictionary<TOutcome, long> ByOutcome => byOutcome;

    internal void Add(CancelCause cause, CancelVia via, TOutcome outcome, long count)
    {
        Total += count;
        byCause[cause] += count;
        byVia[via] += count;
        byOutcome[outcome] += count;
    }

    private static Dictionary<T, long> Zeros<T>()
        where T : struct, Enum => Enum.GetValues<T>().ToDictionary(value => value, _ => 0L);
}

/// <summary>How long cancels took, and what they saved.</summary>
public sealed class SpanMetrics
{
    /// <summary>From the request to the signal at the runner.</summary>
    public Latency RequestedToDelivered { get; internal init; } = new();

    /// <summary>From the signal to the runner's confirmation.</summary>
    public Latency DeliveredToAcknowledged { get; internal init; } = new();

    /// <summary>From the confirmation to the proven end of the execution.</summary>
    public Latency AcknowledgedToStopped { get; internal init; } = new();

    /// <summary>From the request to whatever settled the run.</summary>
    public Latency RequestedToSettled { get; internal init; } = new();

    /// <summary>The runner time that stops saved, in milliseconds, as an estimate.</summary>
    public decimal FreedMs { get; internal set; }

    /// <summary>How many runs it was estimated for.</summary>
    public long FreedRuns { get; internal set; }

    /// <summary>How many runs were settled as cancelled without an estimate: nothing to estimate by, or no proof of the stop.</summary>
    public long UnknownRuns { get; internal set; }

    /// <summary>Takes in what became of a run, all at once, when it is settled.</summary>
    internal void Add(
        DateTimeOffset requestedAt,
        DateTimeOffset? deliveredAt,
        DateTimeOffset? acknowledgedAt,
        DateTimeOffset? stoppedAt,
        DateTimeOffset settledAt,
        CancelRunOutcome outcome,
        long? freedMs)
    {
        RequestedToDelivered.Add(requestedAt, deliveredAt);
        DeliveredToAcknowledged.Add(deliveredAt, acknowledgedAt);
        AcknowledgedToStopped.Add(acknowledgedAt, stoppedAt);
        RequestedToSettled.Add(requestedAt, settledAt);
        if (outcome is CancelRunOutcome.Cancelled && freedMs is { } freed)
        {
            FreedMs += freed;
            FreedRuns++;
        }
        else if (outcome is CancelRunOutcome.Cancelled or CancelRunOutcome.Expired)
        {
            UnknownRuns++;
        }
    }

    /// <summary>Adds everything that another one holds.</summary>
    internal void Add(SpanMetrics other)
    {
        RequestedToDelivered.Add(other.RequestedToDelivered);
        DeliveredToAcknowledged.Add(other.DeliveredToAcknowledged);
        AcknowledgedToStopped.Add(other.AcknowledgedToStopped);
        RequestedToSettled.Add(other.RequestedToSettled);
        FreedMs += other.FreedMs;
        FreedRuns += other.FreedRuns;
        UnknownRuns += other.UnknownRuns;
    }
}

/// <summary>How long something took, many times over.</summary>
public sealed class Latency
{
    private readonly Histogram histogram;

    /// <summary>Nothing yet.</summary>
    public Latency()
        : this(new Histogram(), null)
    {
    }

    internal Latency(Histogram histogram, long? max)
    {
        this.histogram = histogram;
        Max = max;
    }

    /// <summary>How often it was measured.</summary>
    public long Count => histogram.Count;

    /// <summary>The longest, exactly, in milliseconds; null without data.</summary>
    public long? Max { get; private set; }

    /// <summary>The histogram's bytes.</summary>
    internal byte[] Bytes => histogram.ToBytes();

    /// <summary>
    /// The value of a rank in milliseconds, within <see cref="Histogram.RelativeError"/>, never above the maximum; null without data.
    /// </summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long? Percentile(double percent) => histogram.Percentile(percent) is { } value ? Math.Min(value, Max!.Value) : null;

    /// <summary>From one fact to a later one, as times are written; never less than nothing, since clocks of several hosts may differ.</summary>
    internal static long Milliseconds(DateTimeOffset from, DateTimeOffset to) =>
        Math.Max(0, to.ToUnixTimeMilliseconds() - from.ToUnixTimeMilliseconds());

    /// <summary>Measures once, if both facts are there.</summary>
    internal void Add(DateTimeOffset? from, DateTimeOffset? to)
    {
        if (from is { } start && to is { } end)
        {
            var milliseconds = Milliseconds(start, end);
            histogram.Add(milliseconds);
            Max = Math.Max(Max ?? 0, milliseconds);
        }
    }

    /// <summary>Adds everything that another one holds.</summary>
    internal void Add(Latency other)
    {
        histogram.Add(other.histogram);
        Max = ((long?[])[Max, other.Max]).Max();
    }
}

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
