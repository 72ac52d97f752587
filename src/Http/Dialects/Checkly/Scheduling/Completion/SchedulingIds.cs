namespace Ledger.Http.Dialects.Checkly.Scheduling.Completion;

/// <summary>
/// The ids of schedulings. A scheduling is done when its session is there, so all that is known of it stands in the session; its id leads
/// there. It is not the session's own, which a user who does not record is not told (wire.md 4.2): it has the last seven bytes inverted in
/// part, and is derived back in the same way.
/// </summary>
internal static class SchedulingIds
{
    private static ReadOnlySpan<byte> Mask => [0xc6, 0x1d, 0x73, 0xa8, 0x4f, 0x92, 0x35];

    /// <summary>The scheduling of a session, or the session of a scheduling.</summary>
    public static Guid Derived(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        for (var i = 0; i < Mask.Length; i++)
        {
            bytes[9 + i] ^= Mask[i];
        }

        return new Guid(bytes, bigEndian: true);
    }
}
