using System.Diagnostics;

namespace Ledger.Bench;

/// <summary>What one window of load came to.</summary>
/// <param name="Elapsed">How long it took; less than was asked for when there was nothing left to do.</param>
/// <param name="Latencies">How long each operation took.</param>
internal sealed record Load(TimeSpan Elapsed, IReadOnlyCollection<TimeSpan> Latencies)
{
    public double PerSecond => Latencies.Count / Elapsed.TotalSeconds;

    /// <summary>Has a number of workers repeat one operation for a time, each as soon as it can.</summary>
    /// <param name="workers">How many at once.</param>
    /// <param name="duration">How long.</param>
    /// <param name="operation">The operation of one worker; false when there is nothing left to do.</param>
    public static async Task<Load> RunAsync(int workers, TimeSpan duration, Func<int, Task<bool>> operation)
    {
        var clock = Stopwatch.StartNew();
        return await RunAsync(workers, clock, operation, () => clock.Elapsed < duration ? clock.Elapsed : null);
    }

    /// <summary>
    /// Has operations begin at a fixed rate. How long one took counts from its place in the schedule: an answer that is late makes all late that
    /// wait for its worker, as it would be for callers who do not know of each other.
    /// </summary>
    /// <param name="workers">How many at once.</param>
    /// <param name="duration">How long.</param>
    /// <param name="perSecond">The rate.</param>
    /// <param name="operation">The operation of one worker; false when there is nothing left to do.</param>
    public static Task<Load> RunAsync(int workers, TimeSpan duration, double perSecond, Func<int, Task<bool>> operation)
    {
        var next = -1;
        return RunAsync(workers, Stopwatch.StartNew(), operation, () =>
            TimeSpan.FromSeconds(Interlocked.Increment(ref next) / perSecond) is var due && due < duration ? due : null);
    }

    private static async Task<Load> RunAsync(int workers, Stopwatch clock, Func<int, Task<bool>> operation, Func<TimeSpan?> begin)
    {
        var each = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var latencies = new List<TimeSpan>();
            while (begin() is { } due)
            {
                if (due - clock.Elapsed is { Ticks: > 0 } left)
                {
                    await Task.Delay(left);
                }

                if (!await operation(worker))
                {
                    break;
                }

                latencies.Add(clock.Elapsed - due);
            }

            return latencies;
        })));
        return new Load(clock.Elapsed, [.. each.SelectMany(latencies => latencies)]);
    }
}
