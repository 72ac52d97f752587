using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ledger.Bench.Live;

/// <summary>When something was written, when that was durable, and when it arrived, for each of many receivers.</summary>
internal sealed class Deliveries(string name, int receivers)
{
    // A machine that is not saturated: what is measured is how long it takes, not how much there can be.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<long>> arrivals = new();
    private readonly List<TimeSpan> fromCommit = [];

    /// <summary>Called by the receiver with this number.</summary>
    public void Arrived(int receiver)
    {
        var now = Stopwatch.GetTimestamp();
        Arrival(receiver).TrySetResult(now);
    }

    /// <summary>Writes for one receiver after another, at a steady pace.</summary>
    public async Task<string> PacedAsync(Func<int, Task> write)
    {
        var samples = new List<(TimeSpan FromWrite, TimeSpan FromCommit)>();
        for (var receiver = 0; receiver < receivers; receiver++)
        {
            var written = Stopwatch.GetTimestamp();
            await write(receiver);
            var durable = Stopwatch.GetTimestamp();
            samples.Add(await SampleAsync(receiver, written, durable));
            await Task.Delay(Pace);
        }

        return Describe(samples);
    }

    /// <summary>Writes for all of them in one commit.</summary>
    public async Task<string> TogetherAsync(Func<Task> write)
    {
        var written = Stopwatch.GetTimestamp();
        await write();
        var durable = Stopwatch.GetTimestamp();
        return Describe(await Task.WhenAll(Enumerable.Range(0, receivers).Select(receiver => SampleAsync(receiver, written, durable))));
    }

    private async Task<(TimeSpan FromWrite, TimeSpan FromCommit)> SampleAsync(int receiver, long written, long durable)
    {
        var arrived = await Arrival(receiver).Task.WaitAsync(TimeSpan.FromSeconds(30));

        // What is durable may be delivered before its writer has been told so.
        return (Stopwatch.GetElapsedTime(written, arrived), arrived > durable ? Stopwatch.GetElapsedTime(durable, arrived) : TimeSpan.Zero);
    }

    private TaskCompletionSource<long> Arrival(int receiver) =>
        arrivals.GetOrAdd(receiver, _ => new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Adds the times from the commit to a report.</summary>
    /// <param name="report">The report.</param>
    /// <param name="row">What they are of.</param>
    /// <param name="middle">The most milliseconds of the median; null for no matter.</param>
    /// <param name="slowest">The most milliseconds of the slowest hundredth.</param>
    public void AddTo(Report report, string row, double? middle, double slowest)
    {
        if (middle is { } limit)
        {
            report.Add($"{row}: p50", "", "", [Statistics.Percentile(fromCommit, 0.5)], Target.AtMost(limit, "ms"));
        }

        report.Add($"{row}: p99", "", "", [Statistics.Percentile(fromCommit, 0.99)], Target.AtMost(slowest, "ms"));
    }

    private string Describe(IReadOnlyCollection<(TimeSpan FromWrite, TimeSpan FromCommit)> samples)
    {
        fromCommit.AddRange(samples.Select(sample => sample.FromCommit));
        return $"{name,-52} from write {Describe(samples.Select(sample => sample.FromWrite))}   from commit {Describe(samples.Select(sample => sample.FromCommit))}";
    }

    private static string Describe(IEnumerable<TimeSpan> times)
    {
        var all = times.ToList();
        return $"p50 {Statistics.Percentile(all, 0.5):0.00}  p99 {Statistics.Percentile(all, 0.99):0.00}  max {Statistics.Percentile(all, 1):0.00} ms";
    }
}
