using System.Numerics;

namespace Ledger.Projections.Metrics;

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
