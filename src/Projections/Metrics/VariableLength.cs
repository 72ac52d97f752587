namespace Ledger.Projections.Metrics;

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
