namespace Ledger.Http.Dialects.Checkly;

/// <summary>
/// Ids that are made of other ids and lead back to them: the last seven bytes are inverted in part, so that a uuid stays one of its version
/// and unique. No secret: they only keep two things that belong together from having one id.
/// </summary>
public static class MaskedIds
{
    /// <summary>How many bytes a mask has.</summary>
    public const int MaskLength = 7;

    private const int Length = 16;

    /// <summary>The id made of another one, or the one that it was made of.</summary>
    /// <param name="id">Either of the two.</param>
    /// <param name="mask">What tells one kind of made ids from others.</param>
    public static Guid Of(Guid id, ReadOnlySpan<byte> mask)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(mask.Length, MaskLength);
        Span<byte> bytes = stackalloc byte[Length];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        for (var i = 0; i < MaskLength; i++)
        {
            bytes[Length - MaskLength + i] ^= mask[i];
        }

        return new Guid(bytes, bigEndian: true);
    }
}
