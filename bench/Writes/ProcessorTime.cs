using System.Diagnostics;
using System.Globalization;

namespace Ledger.Bench.Writes;

/// <summary>How much time of the processor programs have taken, in user and kernel mode together.</summary>
internal static class ProcessorTime
{
    private const int TicksPerSecond = 100;

    /// <summary>Of some processes without their children.</summary>
    public static TimeSpan Of(IEnumerable<Process> processes) => processes.Aggregate(TimeSpan.Zero, static (sum, process) =>
    {
        process.Refresh();
        return sum + process.TotalProcessorTime;
    });

    /// <summary>Of a server whose first process has this id, with the processes that it has now and those that have ended.</summary>
    public static TimeSpan OfServer(int id)
    {
        var ticks = 0L;
        foreach (var folder in Directory.EnumerateDirectories("/proc").Where(folder => char.IsAsciiDigit(Path.GetFileName(folder)[0])))
        {
            try
            {
                // The name of the program stands in brackets and may have spaces; what follows is split: state, parent, and so on.
                var stat = File.ReadAllText(Path.Combine(folder, "stat"));
                var words = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                if (Path.GetFileName(folder) == id.ToString(CultureInfo.InvariantCulture))
                {
                    ticks += Sum(words[11..15]);
                }
                else if (words[1] == id.ToString(CultureInfo.InvariantCulture))
                {
                    ticks += Sum(words[11..13]);
                }
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return TimeSpan.FromSeconds((double)ticks / TicksPerSecond);
    }

    private static long Sum(IEnumerable<string> words) => words.Sum(word => long.Parse(word, CultureInfo.InvariantCulture));
}
