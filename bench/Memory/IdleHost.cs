using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.Bench.Live;
using Ledger.Bench.Writes;

namespace Ledger.Bench.Memory;

/// <summary>A host as a user of a clone has it, with a PostgreSQL of its own, and without work.</summary>
internal static class IdleHost
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);

    public static async Task RunAsync(Setup setup)
    {
        await StartTwiceAsync(setup);
        await using var host = await setup.StartHostAsync();
        await Task.Delay(Settling);
        setup.Report.Add(
            "memory of a host without work", "", $"{host.FileMegabytes} MB of it programs' files", [host.WorkingSetMegabytes], Target.AtMost(150, "MB"));
        await WaitForReadModelsAsync(setup, host);
        List<SignalListener> listeners = [];
        foreach (var (count, limit) in new[] { (setup.Scale.Connections, 250), (10 * setup.Scale.Connections, 500) })
        {
            while (listeners.Count < count)
            {
                listeners.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(100, count - listeners.Count))
                    .Select(number => SignalListener.OpenAsync(host, $"bench-{listeners.Count + number}"))));
            }

            setup.Report.Add($"memory with {count} signal streams", "", "", [host.WorkingSetMegabytes], Target.AtMost(limit, "MB"));
        }

        listeners.ForEach(listener => listener.Dispose());
    }

    /// <summary>The second start finds its data.</summary>
    private static async Task StartTwiceAsync(Setup setup)
    {
        List<double> seconds = [];
        for (var start = 0; start < 4; start++)
        {
            var clock = Stopwatch.StartNew();
            await using var host = await HostProcess.StartAsync(null, setup.Folder);
            seconds.Add(clock.Elapsed.TotalSeconds);
            await host.StopAsync();
        }

        setup.Report.Add("ready, from the second start on", $"the first start {seconds[0]:0.0} s", "", seconds[1..], Target.AtMost(5, "s"));
    }

    /// <summary>A list that waits for the write just before it.</summary>
    private static async Task WaitForReadModelsAsync(Setup setup, HostProcess host)
    {
        List<double> times = [];
        for (var sample = 0; sample < 110; sample++)
        {
            using var written = await host.Client.PostAsync("/ledger/sessions", new StringContent(HttpRequests.Suite, null, "application/json"));
            var position = written.Headers.GetValues("Ledger-Position").Single();
            var began = Stopwatch.GetTimestamp();
            _ = await host.Client.GetFromJsonAsync<JsonElement>($"/ledger/sessions?limit=1&after={position}");
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            await Task.Delay(100);
        }

        setup.Report.Add("a read that waits for the write before it, one at a time", "", "", times[10..], Target.AtMost(100, "ms"));
    }
}
