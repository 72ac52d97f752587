using System.Diagnostics;

namespace Ledger.Bench;

/// <summary>What one window of load came to.</summary>
/// <param name="Elapsed">How long it took; less than was asked for when there was nothing left to do.</param>
/// <param name="Latencies">How long each operation took.</param>
internal sealed record Load(TimeSpan Elapsed, IReadOnlyCollection<TimeSpan> Latencies)
{
    /// <summary>Has a number of workers repeat one operation for a time.</summary>
    /// <param name="workers">How many at once.</param>
    /// <param name="duration">How long.</param>
    /// <param name="operation">The operation of one worker; false when there is nothing left to do.</param>
    public static async Task<Load> RunAsync(int workers, TimeSpan duration, Func<int, Task<bool>> operation)
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
        return new Load(clock.Elapsed, [.. each.SelectMany(latencies => latencies)]);
    }
}
