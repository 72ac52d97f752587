using Ledger.Bench.Writes;

namespace Ledger.Bench.Hosts;

/// <summary>
/// Two hosts on one database next to one, with as many connections in all. A session is cancelled by chance on the host that has triggered it
/// or on the other one.
/// </summary>
internal static class TwoHosts
{
    private const int Clients = 32;

    public static async Task RunAsync(Setup setup)
    {
        await using var one = await setup.StartHostAsync();
        await using var other = await HostProcess.StartAsync(setup.Postgres.ConnectionString, setup.Folder, one);
        var alone = new HttpRequests(one, Clients);
        HttpRequests[] halves = [new(one, Clients / 2), new(other, Clients / 2)];
        await RunAsync(halves, half => half.TriggerAsync(TimeSpan.FromSeconds(20)));
        List<(double Trigger, double Cancel)> single = [], both = [];
        for (var window = 0; window < setup.Scale.Windows; window++)
        {
            await one.CatchUpAsync();
            single.Add(((await alone.TriggerAsync(setup.Scale.Window)).PerSecond, (await alone.CancelAsync(setup.Scale.Window)).PerSecond));
            await one.CatchUpAsync();
            var triggers = await RunAsync(halves, half => half.TriggerAsync(setup.Scale.Window));
            Shuffle(halves);
            both.Add((triggers, await RunAsync(halves, half => half.CancelAsync(setup.Scale.Window))));
        }

        Add(setup.Report, "triggers on two hosts", single.ConvertAll(each => each.Trigger), both.ConvertAll(each => each.Trigger));
        Add(setup.Report, "cancels on two hosts", single.ConvertAll(each => each.Cancel), both.ConvertAll(each => each.Cancel));
        var (appended, conflicts) = (0.0, 0.0);
        foreach (var host in (HostProcess[])[one, other])
        {
            appended += await host.MeterAsync("ledger_append_units_total", "appended");
            conflicts += await host.MeterAsync("ledger_append_units_total", "conflict");
        }

        setup.Report.Add("conflicts of commands on two hosts", "", $"{conflicts:0} of {appended:0}", [100 * conflicts / appended], Target.AtMost(1, "%"));
    }

    private static async Task<double> RunAsync(HttpRequests[] halves, Func<HttpRequests, Task<Load>> run) =>
        (await Task.WhenAll(halves.Select(run))).Sum(load => load.PerSecond);

    private static void Shuffle(HttpRequests[] halves)
    {
        var sessions = halves.SelectMany(half => half.Queued).ToArray();
        Random.Shared.Shuffle(sessions);
        Array.ForEach(halves, half => half.Queued.Clear());
        for (var i = 0; i < sessions.Length; i++)
        {
            halves[i % halves.Length].Queued.Enqueue(sessions[i]);
        }
    }

    private static void Add(Report report, string row, List<double> single, List<double> both) => report.Add(
        row,
        $"one host {Statistics.Median(single):0}/s",
        $"{Statistics.Median(both):0}/s",
        [.. both.Zip(single, static (both, single) => both / single)],
        Target.AtLeast(1));
}
