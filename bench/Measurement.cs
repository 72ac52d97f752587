namespace Ledger.Bench;

/// <summary>How many operations a second, and how long one took.</summary>
internal sealed record Measurement(string Name, double PerSecond, TimeSpan Median, TimeSpan P99)
{
    /// <summary>From the duration of each operation.</summary>
    public static Measurement Of(string name, TimeSpan elapsed, IReadOnlyCollection<TimeSpan> latencies)
    {
        var sorted = latencies.Order().ToArray();
        return new Measurement(name, sorted.Length / elapsed.TotalSeconds, NearestRank(sorted, 0.5), NearestRank(sorted, 0.99));
    }

    /// <summary>This one with its ratios to a reference.</summary>
    public string Against(Measurement reference) =>
        $"{this}  = {PerSecond / reference.PerSecond:0.00} × pgbench, p99 {P99 / reference.P99:0.00} × its p99";

    public override string ToString() =>
        $"{Name,-52} {PerSecond,9:0}/s  p50 {Median.TotalMilliseconds,7:0.00} ms  p99 {P99.TotalMilliseconds,7:0.00} ms";

    private static TimeSpan NearestRank(TimeSpan[] sorted, double share) =>
        sorted.Length == 0 ? TimeSpan.Zero : sorted[(int)Math.Ceiling(share * sorted.Length) - 1];
}
