using System.Globalization;
using Ledger.Bench.Writes;

namespace Ledger.Bench.Latency;

/// <summary>
/// Triggers and cancels that begin when a schedule says so, whether those before have been answered or not: what waits for a slow answer counts
/// from its intended start. The rate is half of what as many connections reach with cancels when each sends as soon as it can; triggers and
/// pgbench are given the same.
/// </summary>
internal static class FixedRates
{
    private static readonly int[] Connections = [1, 8, 32, 128];

    public static async Task RunAsync(Setup setup)
    {
        await using var host = await setup.StartHostAsync();
        var warming = new HttpRequests(host, 32);
        await warming.TriggerAsync(TimeSpan.FromSeconds(20));
        await warming.CancelAsync(TimeSpan.FromSeconds(10));
        foreach (var connections in Connections)
        {
            await MeasureAsync(setup, host, connections);
        }
    }

    private static async Task MeasureAsync(Setup setup, HostProcess host, int connections)
    {
        var requests = new HttpRequests(host, connections);
        await requests.TriggerAsync(setup.Scale.Window * 2);
        var rate = (await requests.CancelAsync(setup.Scale.Window)).PerSecond / 2;
        List<Load> reference = [], triggers = [], cancels = [];
        for (var window = 0; window < setup.Scale.Windows; window++)
        {
            await host.CatchUpAsync();
            reference.Add(await Pgbench.RunAsync(setup.Postgres, setup.Database, connections, setup.Scale.Window, rate));
            triggers.Add(await requests.TriggerAsync(setup.Scale.Window, rate));
            cancels.Add(await requests.CancelAsync(setup.Scale.Window, rate));
        }

        Add(setup.Report, $"trigger, {connections} connections at {rate:0}/s: p99", reference, triggers);
        Add(setup.Report, $"cancel of a queued session, {connections} connections at {rate:0}/s: p99", reference, cancels);
    }

    private static void Add(Report report, string row, List<Load> reference, List<Load> mine) => report.Add(
        row,
        $"pgbench {Describe(reference)}",
        Describe(mine),
        [.. mine.Zip(reference, static (mine, theirs) => Statistics.Percentile(mine.Latencies, 0.99) / Statistics.Percentile(theirs.Latencies, 0.99))],
        Target.AtMost(5, "×"));

    private static string Describe(List<Load> loads)
    {
        var all = loads.SelectMany(load => load.Latencies).ToList();
        return string.Create(CultureInfo.InvariantCulture, $"p50 {Statistics.Percentile(all, 0.5):0.0}, p99 {Statistics.Percentile(all, 0.99):0.0} ms");
    }
}
