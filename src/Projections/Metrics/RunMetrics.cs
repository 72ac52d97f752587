using System.Numerics;

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
    /// <param name="cause">Why they were cancelled; null unless they were.</param>
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

/// <summary>
/// How often which value occurred, in buckets whose width grows with the value: mergeable, small, and exact in its counts. Values below 128
/// have a bucket each; above, each power of two has 64, so that no value is further from its bucket's middle than
/// <see cref="RelativeError"/> of itself (docs/metrics.md#percentiles promises 1 %). Whole-number arithmetic alone: the same values give
/// the same bytes on every machine and in every order.
/// </summary>
public sealed class Histogram : IEquatable<Histogram>
{
    /// <summary>The largest distance of a value from what stands for it, as a fraction of the value.</summary>
    public const double RelativeError = 1.0 / (2 << SubBits);

    private const int SubBits = 6;

    private static readonly int LastBucket = BucketOf(long.MaxValue);

    /// <summary>How many values each bucket holds; as long as the highest one needs it.</summary>
    private long[] counts = [];

    /// <summary>How many values there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one value; one below 0 counts as 0.</summary>
    public void Add(long value) => Add(BucketOf(Math.Max(0, value)), 1);

    /// <summary>Adds everything that another histogram holds.</summary>
    public void Add(Histogram other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var bucket = 0; bucket < other.counts.Length; bucket++)
        {
            if (other.counts[bucket] > 0)
            {
                Add(bucket, other.counts[bucket]);
            }
        }
    }

    /// <summary>Adds what <see cref="ToBytes"/> wrote, of one histogram or of several, one after the other.</summary>
    /// <exception cref="FormatException">The bytes are none.</exception>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var bucket = VariableLength.Read(ref bytes);
            var count = VariableLength.Read(ref bytes);
            if (bucket > LastBucket || count < 1)
            {
                throw new FormatException("These bytes are no histogram.");
            }

            Add((int)bucket, count);
        }
    }

    /// <summary>
    /// The value of a rank, by nearest rank: the element number <c>ceil(percent / 100 × n)</c> of the sorted values, counting from 1
    /// (docs/dialects/checkly.md#reports), within <see cref="RelativeError"/>. Null when there are no values.
    /// </summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long? Percentile(double percent)
    {
        var rank = RankOf(percent);
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            rank -= counts[bucket];
            if (rank <= 0)
            {
                return MiddleOf(bucket);
            }
        }

        return null;
    }

    /// <summary>Which of the sorted values a percentile is, counting from 1; 0 when there are none.</summary>
    /// <inheritdoc cref="Percentile"/>
    public long RankOf(double percent)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(percent);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(percent, 100);
        return (long)Math.Ceiling(percent * Count / 100);
    }

    /// <summary>
    /// The buckets that hold something, in order, as bytes: each its number and its count. Written one after the other, the bytes of two
    /// histograms are those of their sum.
    /// </summary>
    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        for (var bucket = 0; bucket < counts.Length; bucket++)
        {
            if (counts[bucket] > 0)
            {
                VariableLength.Write(bytes, bucket);
                VariableLength.Write(bytes, counts[bucket]);
            }
        }

        return [.. bytes];
    }

    /// <summary>The histogram that <see cref="ToBytes"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are none.</exception>
    public static Histogram FromBytes(ReadOnlySpan<byte> bytes)
    {
        var histogram = new Histogram();
        histogram.Add(bytes);
        return histogram;
    }

    /// <inheritdoc/>
    public bool Equals(Histogram? other) =>
        other is not null && counts.AsSpan().TrimEnd(0).SequenceEqual(other.counts.AsSpan().TrimEnd(0));

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Histogram);

    /// <inheritdoc/>
    public override int GetHashCode() => Count.GetHashCode();

    private void Add(int bucket, long count)
    {
        if (bucket >= counts.Length)
        {
            // To the end of its power of two: the values of one histogram are seldom far apart. Or twice as long: buckets come in order.
            Array.Resize(ref counts, Math.Max(2 * counts.Length, (bucket | ((1 << SubBits) - 1)) + 1));
        }

        counts[bucket] += count;
        Count += count;
    }

    /// <summary>Numbers without a gap: the value itself below 128, then 64 for each power of two.</summary>
    private static int BucketOf(long value)
    {
        var shift = ShiftOf(value);
        return (shift << SubBits) + (int)(value >> shift);
    }

    /// <summary>How many of the lowest bits of a value its bucket does not tell apart.</summary>
    private static int ShiftOf(long value) => Math.Max(0, BitOperations.Log2((ulong)value | 1) - SubBits);

    private static long MiddleOf(int bucket)
    {
        var shift = Math.Max(0, (bucket >> SubBits) - 1);
        var lowest = (long)(bucket - (shift << SubBits)) << shift;
        return lowest + ((1L << shift) >> 1);
    }
}

/// <summary>Whole numbers from 0 on in as few bytes as they need: seven bits in each, the lowest first; the highest bit says that more follow.</summary>
internal static class VariableLength
{
    private const int Bits = 7;
    private const byte More = 1 << Bits;
    private const int LongestShift = 62 / Bits * Bits;

    public static void Write(List<byte> bytes, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        for (; value >= More; value >>= Bits)
        {
            bytes.Add((byte)(value | More));
        }

        bytes.Add((byte)value);
    }

    /// <summary>Reads a number, and moves on past it.</summary>
    /// <exception cref="FormatException">There is none.</exception>
    public static long Read(ref ReadOnlySpan<byte> bytes)
    {
        long value = 0;
        for (var (at, shift) = (0, 0); at < bytes.Length && shift <= LongestShift; at++, shift += Bits)
        {
            value |= (long)(bytes[at] & ~More) << shift;
            if ((bytes[at] & More) == 0)
            {
                bytes = bytes[(at + 1)..];
                return value;
            }
        }

        throw new FormatException("The bytes end within a number, or hold one that is too large.");
    }
}
