using System.Collections.Concurrent;
using System.Diagnostics;

namespace Ledger.Bench.Live;

/// <summary>When something was written, when that was durable, and when it arrived, for each of many receivers.</summary>
internal sealed class Deliveries(string name, int receivers)
{
    // A machine that is not saturated: what is measured is how long it takes, not how much there can be.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<int, TaskCompletionSource<long>> arrivals = new();

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

    private string Describe(IReadOnlyCollection<(TimeSpan FromWrite, TimeSpan FromCommit)> samples) =>
        $"{name,-52} from write {Describe(samples.Select(sample => sample.FromWrite))}   from commit {Describe(samples.Select(sample => sample.FromCommit))}";

    private static string Describe(IEnumerable<TimeSpan> times)
    {
        var sorted = times.Order().ToArray();
        return $"p50 {At(0.5):0.00}  p99 {At(0.99):0.00}  max {At(1):0.00} ms";

        double At(double share) => sorted[(int)Math.Ceiling(share * sorted.Length) - 1].TotalMilliseconds;
    }
}
