namespace Ledger.Runner;

/// <summary>How fast to ask again.</summary>
/// <param name="First">The upper bound of the first wait.</param>
/// <param name="Longest">The upper bound that doubling stops at.</param>
internal sealed record RetryTiming(TimeSpan First, TimeSpan Longest)
{
    /// <summary>A quarter of a second, doubling up to 15 s.</summary>
    public static RetryTiming Default { get; } = new(TimeSpan.FromMilliseconds(250), TimeSpan.FromSeconds(15));
}

/// <summary>
/// Exponential back-off with full jitter: each wait is drawn from zero to a bound that doubles, so that runners that lost the ledger at
/// the same time do not return at the same time. A <c>Retry-After</c> is honoured, up to <see cref="LongestRetryAfter"/>.
/// </summary>
internal sealed class Backoff(RetryTiming timing, TimeProvider time)
{
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);
    private int failures;

    /// <summary>Whether the last attempt failed.</summary>
    public bool IsFailing => failures > 0;

    /// <summary>The next attempt starts from the shortest wait again.</summary>
    public void Reset() => failures = 0;

    /// <summary>Waits before the next attempt.</summary>
    public Task WaitAsync(TimeSpan? retryAfter, CancellationToken cancellationToken)
    {
        var bound = Math.Min(timing.First.TotalMilliseconds * Math.Pow(2, Math.Min(failures, 20)), timing.Longest.TotalMilliseconds);
        failures++;
        var asked = retryAfter > LongestRetryAfter ? LongestRetryAfter : retryAfter.GetValueOrDefault();
        return Task.Delay(asked + TimeSpan.FromMilliseconds(bound * Random.Shared.NextDouble()), time, cancellationToken);
    }
}
