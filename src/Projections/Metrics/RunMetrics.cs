using Ledger.Sessions;

namespace Ledger.Projections.Metrics;

/// <summary>
/// How runs of checks went (docs/dialects/checkly.md#reports). Counted are the settled runs of check sessions, except those that were
/// cancelled: they stand apart, by cause, and in no other figure (docs/domain.md#rule-7).
/// </summary>
public sealed class RunMetrics
{
    private const int Decimals = 4;

    private static readonly CancelCause[] Causes = Enum.GetValues<CancelCause>();

    private readonly long[] byOutcome = new long[Enum.GetValues<RunState>().Length];
    private readonly long[] byCause = new long[Causes.Length];

    /// <summary>Counted runs.</summary>
    public long Runs => Successes + Failed + TimedOut + Lost;

    /// <summary>Counted runs without failure or error; a degraded one is a success.</summary>
    public long Successes => Passed + Degraded;

    /// <summary>Runs that passed.</summary>
    public long Passed => Of(RunState.Passed);

    /// <summary>Runs that were slower than they should be.</summary>
    public long Degraded => Of(RunState.Degraded);

    /// <summary>Runs that failed, or could not be executed properly.</summary>
    public long Failed => Of(RunState.Failed);

    /// <summary>Runs that exceeded their own limit: failures as well.</summary>
    public long TimedOut => Of(RunState.TimedOut);

    /// <summary>Runs whose runner vanished: failures as well.</summary>
    public long Lost => Of(RunState.Lost);

    /// <summary>Cancelled runs, which are not counted.</summary>
    public long Cancelled => Of(RunState.Cancelled);

    /// <summary>Cancelled runs by cause, each cause named; their sum is <see cref="Cancelled"/>.</summary>
    public IReadOnlyDictionary<CancelCause, long> CancelledByCause => Causes.ToDictionary(cause => cause, cause => byCause[(int)cause]);

    /// <summary>The response times of the counted runs that have one, failed ones included.</summary>
    public ResponseTimes ResponseTimes { get; } = new();

    /// <summary>
    /// Successes in percent of counted runs, from 0 to 100 with up to four decimals: the success ratio, and the availability as well. Null when
    /// no run counts, never 0 or 100.
    /// </summary>
    public decimal? SuccessRatio =>
        Runs == 0 ? null : Math.Round(100m * Successes / Runs, Decimals, MidpointRounding.AwayFromZero);

    /// <summary>Adds what is known of other runs.</summary>
    public void Add(RunMetrics other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < byOutcome.Length; i++)
        {
            byOutcome[i] += other.byOutcome[i];
        }

        for (var i = 0; i < byCause.Length; i++)
        {
            byCause[i] += other.byCause[i];
        }

        ResponseTimes.Add(other.ResponseTimes);
    }

    /// <summary>Adds runs that ended in one way.</summary>
    /// <param name="outcome">How they ended.</param>
    /// <param name="cause">Why they were cancelled; null unless they were.</param>
    /// <param name="runs">How many.</param>
    internal void Add(RunState outcome, CancelCause? cause, long runs)
    {
        byOutcome[(int)outcome] += runs;
        if (cause is { } why)
        {
            byCause[(int)why] += runs;
        }
    }

    private long Of(RunState outcome) => byOutcome[(int)outcome];
}
