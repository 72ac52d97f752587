using System.Buffers.Binary;
using System.Buffers.Text;

namespace Ledger.Projections;

/// <summary>The place after one entry of a list that is ordered by time. New entries do not move it.</summary>
/// <param name="At">The time that the list is ordered by.</param>
/// <param name="Position">The event that brought the entry: it decides between equal times.</param>
public readonly record struct TimeCursor(DateTimeOffset At, long Position)
{
    private const int Length = 2 * sizeof(long);

    /// <summary>As opaque text.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, At.UtcTicks);
        BinaryPrimitives.WriteInt64BigEndian(bytes[sizeof(long)..], Position);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads such a text; null when it is none.</summary>
    public static TimeCursor? Parse(string? text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is not { Length: 22 } || !Base64Url.IsValid(text, out var length) || length != Length)
        {
            return null;
        }

        Base64Url.DecodeFromChars(text, bytes);
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        var position = BinaryPrimitives.ReadInt64BigEndian(bytes[sizeof(long)..]);
        return position > 0 && ticks >= DateTimeOffset.UnixEpoch.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new TimeCursor(new DateTimeOffset(ticks, TimeSpan.Zero), position)
            : null;
    }
}
