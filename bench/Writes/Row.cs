using System.Diagnostics;
using System.Globalization;

namespace Ledger.Bench.Writes;

/// <summary>One thing that is measured in several windows.</summary>
/// <param name="name">What it is.</param>
/// <param name="prepare">What has to be there before a window of this length.</param>
/// <param name="run">One window of this length.</param>
/// <param name="processes">The .NET programs that work for it; the first one's memory is shown. None for a row without .NET.</param>
internal sealed class Row(string name, Func<TimeSpan, Task> prepare, Func<TimeSpan, Task<Load>> run, IReadOnlyList<Process> processes)
{
    private readonly List<Window> windows = [];

    public string Name => name;

    /// <summary>The heads of the columns.</summary>
    public static string Head =>
        """
        | row | requests/s, median (min–max) | × pgbench | × plain host | p50 ms | p99 ms | .NET µs | PostgreSQL µs | memory MB |
        |---|---|---|---|---|---|---|---|---|
        """;

    /// <summary>The same on the plain host; null for a row without.</summary>
    public Row? Plain { get; init; }

    /// <summary>Runs one window, and keeps its figures unless it is to warm up.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="server">The first process of PostgreSQL.</param>
    /// <param name="isKept">False to warm up.</param>
    public async Task RunAsync(TimeSpan duration, int server, bool isKept)
    {
        await prepare(duration);
        var (dotnet, postgres) = (ProcessorTime.Of(processes), ProcessorTime.OfServer(server));
        var load = await run(duration);
        var window = new Window(
            load,
            ProcessorTime.Of(processes) - dotnet,
            ProcessorTime.OfServer(server) - postgres,
            processes.Count > 0 ? processes[0].WorkingSet64 : 0);
        if (load.Latencies.Count == 0)
        {
            throw new InvalidOperationException($"{name}: there was nothing to do.");
        }

        if (isKept)
        {
            windows.Add(window);
        }
    }

    /// <summary>In all windows.</summary>
    public IEnumerable<TimeSpan> Latencies => windows.SelectMany(window => window.Load.Latencies);

    /// <summary>The median of operations in a second.</summary>
    public double PerSecond => Statistics.Median(windows.Select(window => window.Load.PerSecond));

    /// <summary>Round by round, since what else the machine does changes from round to round.</summary>
    public List<double> RatiosTo(Row reference) =>
        [.. windows.Zip(reference.windows, static (mine, theirs) => mine.Load.PerSecond / theirs.Load.PerSecond)];

    /// <summary>How the slowest hundredth compares, round by round.</summary>
    public List<double> SlownessTo(Row reference) =>
    [
        .. windows.Zip(reference.windows, static (mine, theirs) =>
            Statistics.Percentile(mine.Load.Latencies, 0.99) / Statistics.Percentile(theirs.Load.Latencies, 0.99)),
    ];

    /// <summary>The row of the table.</summary>
    /// <param name="pgbench">The outside reference, measured in the same rounds.</param>
    public string Describe(Row pgbench)
    {
        var rates = windows.ConvertAll(window => window.Load.PerSecond);
        var latencies = Latencies.ToList();
        var operations = (double)latencies.Count;
        return string.Create(CultureInfo.InvariantCulture, $"""
            | {name} | {PerSecond:0} ({rates.Min():0}–{rates.Max():0}) | {Statistics.Median(RatiosTo(pgbench)):0.00} | {(Plain is null ? "" : $"{Statistics.Median(RatiosTo(Plain)):0.00}")} | {Statistics.Percentile(latencies, 0.5):0.0} | {Statistics.Percentile(latencies, 0.99):0.0} | {(processes.Count == 0 ? "" : $"{windows.Sum(window => window.DotNet.TotalMicroseconds) / operations:0}")} | {windows.Sum(window => window.Postgres.TotalMicroseconds) / operations:0} | {(processes.Count == 0 ? "" : $"{windows.Max(window => window.Resident) / 1024 / 1024}")} |
            """);
    }

    private sealed record Window(Load Load, TimeSpan DotNet, TimeSpan Postgres, long Resident);
}
