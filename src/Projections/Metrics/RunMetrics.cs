using System.Numerics;
using Ledger.Sessions;

namespace Ledger.Projections.Metrics;

/// <summary>
/// How runs of checks went (docs/dialects/checkly.md#reports). Counted are the settled runs of check sessions, except those that were
/// cancelled: they stand apart, by cause, and in no other figure (docs/domain.md#rule-7).
/// </summary>
public sealed class RunMetrics
{
    private const int Decimals = 4;

    private static readonly RunState[] Outcomes = Enum.GetValues<RunState>();
    private static readonly CancelCause[] Causes = Enum.GetValues<CancelCause>();

    private readonly long[] byOutcome = new long[Outcomes.Length];
    private readonly long[] byCause = new long[Causes.Length];

    /// <summary>Counted runs.</summary>
    public long Runs => Outcomes.Where(CancelledRuns.Counts).Sum(Of);

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

/// <summary>
/// The response times of many runs, in milliseconds: count, sum, sum of squares, shortest and longest exactly, and percentiles within
/// <see cref="Histogram.RelativeError"/> (docs/dialects/checkly.md#reports). Adding is associative and commutative, so that it never
/// matters in which order, or in how many steps, the runs came together.
/// </summary>
public sealed class ResponseTimes
{
    private const int Decimals = 2;

    private readonly Histogram histogram = new();

    /// <summary>None.</summary>
    public ResponseTimes()
    {
    }

    /// <summary>As they are stored.</summary>
    internal ResponseTimes(BigInteger sum, BigInteger sumOfSquares, long? shortest, long? longest, ReadOnlySpan<byte> histogram) =>
        Add(sum, sumOfSquares, shortest, longest, histogram);

    /// <summary>How many there are.</summary>
    public long Count => histogram.Count;

    /// <summary>Their sum.</summary>
    public BigInteger Sum { get; private set; }

    /// <summary>The sum of their squares.</summary>
    public BigInteger SumOfSquares { get; private set; }

    /// <summary>The shortest; null when there is none.</summary>
    public long? Shortest { get; private set; }

    /// <summary>The longest.</summary>
    public long? Longest { get; private set; }

    /// <summary>Their mean, with two decimals; null when there is none.</summary>
    public decimal? Average => Count == 0 ? null : Math.Round((decimal)Sum / Count, Decimals, MidpointRounding.AwayFromZero);

    /// <summary>Their standard deviation, as of a whole population, with two decimals; null when there is none.</summary>
    public decimal? Deviation => Count == 0
        ? null
        : (decimal)Math.Round(Math.Sqrt((double)((Count * SumOfSquares) - (Sum * Sum))) / Count, Decimals, MidpointRounding.AwayFromZero);

    /// <summary>Adds that of one run; one below 0 counts as 0.</summary>
    public void Add(long milliseconds)
    {
        var value = Math.Max(0, milliseconds);
        histogram.Add(value);
        AddExact(value, (BigInteger)value * value, value, value);
    }

    /// <summary>Adds those of other runs.</summary>
    public void Add(ResponseTimes other)
    {
        ArgumentNullException.ThrowIfNull(other);
        histogram.Add(other.histogram);
        AddExact(other.Sum, other.SumOfSquares, other.Shortest, other.Longest);
    }

    /// <summary>
    /// The response time of a rank (<see cref="Histogram.Percentile"/>), within <see cref="Histogram.RelativeError"/>, and never beyond the
    /// shortest and the longest. These two are known, so that the first and the last rank are exact. Null when there is none.
    /// </summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long? Percentile(double percent)
    {
        var rank = histogram.RankOf(percent);
        return rank <= 1 ? Shortest
            : rank == Count ? Longest
            : Math.Clamp(histogram.Percentile(percent)!.Value, Shortest!.Value, Longest!.Value);
    }

    /// <summary>Adds stored ones, or the sum of several.</summary>
    internal void Add(BigInteger sum, BigInteger sumOfSquares, long? shortest, long? longest, ReadOnlySpan<byte> stored)
    {
        histogram.Add(stored);
        AddExact(sum, sumOfSquares, shortest, longest);
    }

    /// <summary>The histogram, as it is stored.</summary>
    internal byte[] HistogramBytes() => histogram.ToBytes();

    private void AddExact(BigInteger sum, BigInteger sumOfSquares, long? shortest, long? longest)
    {
        Sum += sum;
        SumOfSquares += sumOfSquares;
        Shortest = Shortest is null || shortest < Shortest ? shortest ?? Shortest : Shortest;
        Longest = Longest is null || longest > Longest ? longest ?? Longest : Longest;
    }
}
