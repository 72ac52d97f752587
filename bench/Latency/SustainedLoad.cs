using Ledger.Bench.Writes;

namespace Ledger.Bench.Latency;

/// <summary>
/// Triggers and then cancels over 32 connections for minutes, next to pgbench before and after: does the host keep up with its own read
/// models, and does its memory stay the same?
/// </summary>
internal static class SustainedLoad
{
    private const int Clients = 32;

    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Setup setup)
    {
        await using var host = await setup.StartHostAsync();
        var requests = new HttpRequests(host, Clients);
        await requests.TriggerAsync(TimeSpan.FromSeconds(20));
        await host.CatchUpAsync();
        await MeasureAsync(setup, host, "trigger", Target.AtLeast(0.25), duration => requests.TriggerAsync(duration));
        await MeasureAsync(setup, host, "cancel of a queued session", Target.AtLeast(0.2), duration => requests.CancelAsync(duration));
    }

    private static async Task MeasureAsync(Setup setup, HostProcess host, string what, Target target, Func<TimeSpan, Task<Load>> run)
    {
        var before = await Pgbench.RunAsync(setup.Postgres, setup.Database, Clients, setup.Scale.Window);
        await host.CatchUpAsync();
        using var over = new CancellationTokenSource();
        var watching = WatchAsync(host, over.Token);
        var load = await run(setup.Scale.Sustained);
        await over.CancelAsync();
        var (lags, memory) = await watching;
        var after = await Pgbench.RunAsync(setup.Postgres, setup.Database, Clients, setup.Scale.Window);
        var reference = (before.PerSecond + after.PerSecond) / 2;
        setup.Report.Add(
            $"{what}, {load.Elapsed.TotalMinutes:0.#} minutes", $"pgbench {reference:0}/s", $"{load.PerSecond:0}/s", [load.PerSecond / reference], target);
        setup.Report.Add(
            $"{what}, {load.Elapsed.TotalMinutes:0.#} minutes: how far the read models are behind",
            "",
            $"at most {lags.Max():0} events",
            [.. lags.Select(lag => lag / load.PerSecond)],
            Target.AtMost(1, "s"));
        setup.Report.Add(
            $"{what}, {load.Elapsed.TotalMinutes:0.#} minutes: memory at the end next to that after a tenth",
            $"{memory[memory.Count / 10]} MB",
            $"{memory[^1]} MB",
            [(double)memory[^1] / memory[memory.Count / 10]],
            Target.AtMost(1.2, "×"));
    }

    private static async Task<(List<double> Lags, List<long> Megabytes)> WatchAsync(HostProcess host, CancellationToken over)
    {
        List<double> lags = [];
        List<long> megabytes = [];
        while (!over.IsCancellationRequested)
        {
            lags.Add(await host.LagAsync());
            megabytes.Add(host.WorkingSetMegabytes);
            await Task.Delay(Look, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return (lags, megabytes);
    }
}
