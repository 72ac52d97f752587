namespace Ledger.Http.AlertChannels.Sending;

/// <summary>When a delivery is tried again. Jitter only adds, so that a receiver is never asked before the time that it named.</summary>
/// <param name="pauses">The pauses between the attempts; one attempt more than there are pauses, and it is given up.</param>
/// <param name="random">A number from 0 to 1, another one each time.</param>
public sealed class RetryPlan(IReadOnlyList<TimeSpan> pauses, Func<double> random)
{
    /// <summary>The longest that a receiver may put off an attempt.</summary>
    public static readonly TimeSpan LongestRetryAfter = TimeSpan.FromHours(24);

    private const double Jitter = 0.2;

    /// <summary>When to try again; null when that was the last attempt.</summary>
    /// <param name="retryAfter">What the receiver asked for; null when it did not. At most <see cref="LongestRetryAfter"/> is granted.</param>
    public DateTimeOffset? Next(int attempts, DateTimeOffset now, TimeSpan? retryAfter)
    {
        if (attempts > pauses.Count)
        {
            return null;
        }

        var pause = retryAfter is { } asked ? Clamp(asked) : pauses[attempts - 1];
        return now + (pause * (1 + (Jitter * random())));
    }

    private static TimeSpan Clamp(TimeSpan asked) =>
        asked < TimeSpan.Zero ? TimeSpan.Zero : asked > LongestRetryAfter ? LongestRetryAfter : asked;
}
