using System.Diagnostics;

namespace Ledger.Bench;

/// <summary>A number of workers that repeat one operation for a time.</summary>
internal static class Load
{
    /// <summary>Repeats an operation and measures each time.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="workers">How many at once.</param>
    /// <param name="duration">How long, after a warm-up of a fifth of it.</param>
    /// <param name="operation">The operation of one worker; false when there is nothing left to do.</param>
    public static async Task<Measurement> RunAsync(string name, int workers, TimeSpan duration, Func<int, Task<bool>> operation)
    {
        await RunAsync(workers, duration / 5, operation);
        var clock = Stopwatch.StartNew();
        var latencies = await RunAsync(workers, duration, operation);
        return Measurement.Of(name, clock.Elapsed, latencies);
    }

    private static async Task<List<TimeSpan>> RunAsync(int workers, TimeSpan duration, Func<int, Task<bool>> operation)
    {
        var clock = Stopwatch.StartNew();
        var each = await Task.WhenAll(Enumerable.Range(0, workers).Select(worker => Task.Run(async () =>
        {
            var latencies = new List<TimeSpan>();
            while (clock.Elapsed < duration)
            {
                var began = Stopwatch.GetTimestamp();
                if (!await operation(worker))
                {
                    break;
                }

                latencies.Add(Stopwatch.GetElapsedTime(began));
            }

            return latencies;
        })));
        return [.. each.SelectMany(latencies => latencies)];
    }
}
