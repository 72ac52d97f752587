using System.Buffers.Binary;
using System.Buffers.Text;

namespace Ledger.Projections.SessionList;

/// <summary>The place in a list after a session, as opaque text. New sessions do not move it.</summary>
public static class SessionListCursor
{
    /// <summary>The place after the session of this number.</summary>
    public static string After(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The number for <see cref="SessionListQuery.BeforeNumber"/>; false when the text is no cursor.</summary>
    public static bool TryRead(string? cursor, out long number)
    {
        number = 0;
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        if (cursor is not { Length: 11 } || !Base64Url.IsValid(cursor, out var length) || length != sizeof(long))
        {
            return false;
        }

        Base64Url.DecodeFromChars(cursor, bytes);
        number = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return number > 0;
    }
}
