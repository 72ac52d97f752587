namespace Ledger.Projections.Deadlines;

/// <summary>
/// Decides which deadlines have passed, by a clock that cannot jump (docs/domain.md#p15). A deadline is granted its whole duration from the
/// scan that sees it first, measured by the monotonic clock; what the wall clock does meanwhile neither shortens nor lengthens it.
/// </summary>
/// <remarks>
/// After an interruption of the scans (a start, a take-over from another host, an outage of the database) the first scan meets deadlines
/// that began earlier. For the time that has passed since, it has to believe the wall clock, within the limits of zero and the whole
/// duration. Leases are different: while the ledger was away no runner could renew one, so that they begin anew.
/// </remarks>
internal sealed class ObservedDeadlines(TimeProvider clock)
{
    private static readonly TimeSpan FirstRepeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestRepeat = TimeSpan.FromSeconds(30);

    private Dictionary<DeadlineKey, Observation> observations = [];

    /// <summary>
    /// Takes in everything that has a deadline now and gives what has passed. What stays is given again after a pause that doubles each
    /// time, until it disappears.
    /// </summary>
    /// <param name="present">All deadlines that there are; the others are forgotten.</param>
    /// <param name="isFirst">Whether this is the first scan after an interruption.</param>
    public IReadOnlyList<Deadline> Scan(IReadOnlyCollection<Deadline> present, bool isFirst)
    {
        var now = clock.GetTimestamp();
        var next = new Dictionary<DeadlineKey, Observation>(present.Count);
        var passed = new List<Deadline>();
        foreach (var deadline in present)
        {
            var observation = Observe(deadline, now, isFirst);
            if (clock.GetElapsedTime(observation.Since, now) >= observation.Remaining)
            {
                passed.Add(deadline);
                observation = observation with { Since = now, Remaining = observation.Repeat, Repeat = Doubled(observation.Repeat) };
            }

            next[deadline.Key] = observation;
        }

        observations = next;
        return passed;
    }

    private Observation Observe(Deadline deadline, long now, bool isFirst)
    {
        var beginsAnew = isFirst && deadline.Key.Kind is DeadlineKind.Lease;
        if (!beginsAnew && observations.TryGetValue(deadline.Key, out var known) && known.Stamp == deadline.Stamp)
        {
            return known;
        }

        var remaining = isFirst && !beginsAnew ? RemainingByWallClock(deadline) : deadline.Duration;
        return new Observation(deadline.Stamp, now, remaining, FirstRepeat);
    }

    private TimeSpan RemainingByWallClock(Deadline deadline)
    {
        var remaining = deadline.DueAt - clock.GetUtcNow();
        return remaining < TimeSpan.Zero ? TimeSpan.Zero : remaining < deadline.Duration ? remaining : deadline.Duration;
    }

    private static TimeSpan Doubled(TimeSpan pause) => pause * 2 < LongestRepeat ? pause * 2 : LongestRepeat;

    /// <summary>A deadline under watch.</summary>
    /// <param name="Stamp">The stamp that was seen.</param>
    /// <param name="Since">From when on the remaining time counts, by the monotonic clock.</param>
    /// <param name="Remaining">The remaining time.</param>
    /// <param name="Repeat">When to give it again after it has passed.</param>
    private readonly record struct Observation(long Stamp, long Since, TimeSpan Remaining, TimeSpan Repeat);
}
