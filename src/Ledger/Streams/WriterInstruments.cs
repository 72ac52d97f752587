using System.Diagnostics.Metrics;

namespace Ledger.Streams;

/// <summary>What the writer measures about itself: the meter <c>Ledger.Writer</c>.</summary>
public static class WriterInstruments
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Ledger.Writer";

    private static readonly Meter Meter = new(MeterName);

    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096] };

    /// <summary>Commands and triggers that were decided, by verdict: <c>appended</c>, or <c>conflict</c> for those that had to be decided again.</summary>
    internal static readonly Counter<long> Units =
        Meter.CreateCounter<long>("ledger.append.units", null, "Commands that were decided, by verdict: appended, conflict.");

    /// <summary>Those that could not be decided, by reason: <c>unavailable</c>, <c>unstorable</c>.</summary>
    internal static readonly Counter<long> Failures = Meter.CreateCounter<long>(
        "ledger.append.failures", null, "Commands that could not be decided, by reason: unavailable, unstorable.");

    /// <summary>Time of one commit.</summary>
    internal static readonly Histogram<double> Duration = Meter.CreateHistogram(
        "ledger.append.duration",
        "s",
        "Time of one commit.",
        tags: null,
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] });

    /// <summary>Commands that were decided together.</summary>
    internal static readonly Histogram<int> BatchUnits = Meter.CreateHistogram(
        "ledger.append.batch.units", null, "Commands that were written by one commit.", tags: null, advice: Sizes);

    /// <summary>Events of one commit.</summary>
    internal static readonly Histogram<int> BatchEvents = Meter.CreateHistogram(
        "ledger.append.batch.events", null, "Events that were written by one commit.", tags: null, advice: Sizes);
}
