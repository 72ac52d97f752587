using System.Diagnostics.Metrics;

namespace Ledger.Store.Postgres;

/// <summary>What the store measures about itself, for whoever listens to the meter <c>Ledger.Store</c>.</summary>
internal static class StoreInstruments
{
    private static readonly Meter Meter = new("Ledger.Store");

    private static readonly InstrumentAdvice<int> Sizes = new() { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 4_096] };

    /// <summary>Units that were written in one round trip.</summary>
    public static readonly Histogram<int> BatchUnits = Meter.CreateHistogram(
        "ledger.append.batch.units", null, "Units that were written in one round trip.", tags: null, advice: Sizes);

    /// <summary>Their events.</summary>
    public static readonly Histogram<int> BatchEvents = Meter.CreateHistogram(
        "ledger.append.batch.events", null, "Events of the units that were written in one round trip.", tags: null, advice: Sizes);
}
