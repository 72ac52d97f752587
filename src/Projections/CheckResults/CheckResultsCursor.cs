using System.Buffers.Binary;
using System.Buffers.Text;

namespace Ledger.Projections.CheckResults;

/// <summary>The place in a list of results after one of them. New results do not move it.</summary>
/// <param name="CreatedAt">When the ledger learnt of that result.</param>
/// <param name="Position">The event that brought it.</param>
public readonly record struct CheckResultsCursor(DateTimeOffset CreatedAt, long Position)
{
    private const int Length = 2 * sizeof(long);

    /// <summary>As opaque text.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, CreatedAt.UtcTicks);
        BinaryPrimitives.WriteInt64BigEndian(bytes[sizeof(long)..], Position);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads such a text; null when it is none.</summary>
    public static CheckResultsCursor? Parse(string? text)
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
            ? new CheckResultsCursor(new DateTimeOffset(ticks, TimeSpan.Zero), position)
            : null;
    }
}
