using System.Diagnostics.Metrics;
using Ledger.Http.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Metrics;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public void Dispose() => services.Dispose();

    [Fact]
    public void Texts_are_escaped() => PrometheusText
        .Write([MetricFamily.Gauge("a", "back\\slash\nline \"quoted\"", "l", [("back\\slash\nline \"quoted\"", 0.1)])])
        .ShouldBe("""
            # HELP a back\\slash\nline "quoted"
            # TYPE a gauge
            a{l="back\\slash\nline \"quoted\""} 0.1

            """.ReplaceLineEndings("\n"));

    [Fact]
    public void Numbers_are_as_the_format_has_them()
    {
        double[] values = [0, -1.5, 1e21, double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.1 + 0.2];

        PrometheusText.Write([MetricFamily.Gauge("a", "h", "n", values.Select((value, n) => ($"{n}", value)))]).Split('\n')[2..^1]
            .Select(line => line.Split(' ')[1])
            .ShouldBe(["0", "-1.5", "1E+21", "NaN", "+Inf", "-Inf", "0.30000000000000004"]);
    }

    [Fact]
    public void Instruments_of_every_kind_are_read()
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        using var reader = new MeterReader(factory);
        var meter = factory.Create("Ledger.Test");
        meter.CreateCounter<long>("things.done", "{thing}", "Done.").Add(2, new KeyValuePair<string, object?>("kind", "a"));
        meter.CreateUpDownCounter<int>("things.open").Add(-3);
        meter.CreateGauge<double>("things.size", "By").Record(4.5);
        meter.CreateObservableGauge("things.seen", () => new Measurement<long>(5, new KeyValuePair<string, object?>("odd.label", null)));
        var histogram = meter.CreateHistogram(
            "things.time", "s", "Time.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2] });
        foreach (var value in new[] { 0.5, 1, 1.5, 2, 99 })
        {
            histogram.Record(value);
        }

        var read = new Exposition(PrometheusText.Write(reader.Read()));

        read["things_done_total{kind=\"a\"}"].ShouldBe(2);
        read["things_open"].ShouldBe(-3);
        read["things_size_bytes"].ShouldBe(4.5);
        read["things_seen{odd_label=\"\"}"].ShouldBe(5);
        read["things_time_seconds_bucket{le=\"1\"}"].ShouldBe(2);
        read["things_time_seconds_bucket{le=\"2\"}"].ShouldBe(4);
        read["things_time_seconds_bucket{le=\"+Inf\"}"].ShouldBe(5);
        read["things_time_seconds_sum"].ShouldBe(104);
    }

    [Fact]
    public void Labels_without_end_are_bounded_and_what_is_left_out_is_counted()
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        using var reader = new MeterReader(factory);
        var counter = factory.Create("Ledger.Test").CreateCounter<long>("endless");
        for (var n = 0; n < MeterReader.MaximumSeries + 10; n++)
        {
            counter.Add(1, new KeyValuePair<string, object?>("id", n));
        }

        var read = new Exposition(PrometheusText.Write(reader.Read()));

        read.Sum("endless_total").ShouldBe(MeterReader.MaximumSeries);
        read["ledger_metrics_dropped_total"].ShouldBe(10);
    }

    [Fact]
    public void Another_hosts_meters_are_not_read()
    {
        using var other = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var reader = new MeterReader(services.GetRequiredService<IMeterFactory>());
        other.GetRequiredService<IMeterFactory>().Create("Ledger.Test").CreateCounter<long>("elsewhere").Add(1);

        reader.Read().ShouldNotContain(family => family.Name == "elsewhere_total");
    }
}
