using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Ledger.Http.Metrics;

/// <summary>
/// Adds up what the instruments of this host measure: ASP.NET's, the runtime's and the ledger's own. Whoever measures something new makes
/// a meter whose name begins with <c>Ledger</c>, and it is read here. Bounded: past <see cref="MaximumSeries"/> sets of labels a further
/// one of the same instrument is left out and counted.
/// </summary>
public sealed class MeterReader : IDisposable
{
    /// <summary>Sets of labels of one instrument that are kept.</summary>
    public const int MaximumSeries = 1_000;

    private static readonly string[] Others = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    private readonly ConcurrentDictionary<Instrument, InstrumentReading> readings = new();
    private readonly Lock reading = new();
    private readonly MeterListener listener = new();

    /// <summary>Reads from now on.</summary>
    /// <param name="meters">Makes this host's meters; those of other hosts in the process are none of ours.</param>
    public MeterReader(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (IsWanted(instrument.Meter) && InstrumentReading.Of(instrument) is { } started)
            {
                readings[instrument] = started;
                listening.EnableMeasurementEvents(instrument, started);
            }
        };
        listener.MeasurementsCompleted = (instrument, _) => readings.TryRemove(instrument, out InstrumentReading? _);
        Listen<byte>(static value => value);
        Listen<short>(static value => value);
        Listen<int>(static value => value);
        Listen<long>(static value => value);
        Listen<float>(static value => value);
        Listen<double>(static value => value);
        Listen<decimal>(static value => (double)value);
        listener.Start();

        bool IsWanted(Meter meter) =>
            (meter.Scope is null || ReferenceEquals(meter.Scope, meters))
            && (meter.Name.StartsWith("Ledger", StringComparison.Ordinal) || Others.Contains(meter.Name, StringComparer.Ordinal));
    }

    /// <summary>What stands in each instrument now.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        lock (reading)
        {
            // What is observed is asked for anew: a series that is no longer there must not stay.
            foreach (var observed in readings.Where(each => each.Key.IsObservable))
            {
                observed.Value.Clear();
            }

            listener.RecordObservableInstruments();
            var dropped = readings.Values.Sum(each => each.Dropped);
            return
            [
                .. readings.Values.Select(each => each.Read()).DistinctBy(family => family.Name),
                new("ledger_metrics_dropped_total", MetricType.Counter, "Measurements with more sets of labels than are kept.", [new([], dropped)]),
            ];
        }
    }

    public void Dispose() => listener.Dispose();

    private void Listen<T>(Func<T, double> toDouble)
        where T : struct => listener.SetMeasurementEventCallback<T>(
            (_, measurement, tags, state) => ((InstrumentReading)state!).Record(toDouble(measurement), tags));
}
