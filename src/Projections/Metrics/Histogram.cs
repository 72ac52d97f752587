using System.Numerics;

namespace Ledger.Projections.Metrics;

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
            // To the end of its power of two: the values of one histogram are seldom far apart.
            Array.Resize(ref counts, (bucket | ((1 << SubBits) - 1)) + 1);
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
