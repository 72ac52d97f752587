namespace Ledger.Http.Dialects.Checkly.Scheduling.Completion;

/// <summary>
/// The ids of schedulings. A scheduling is done when its session is there, so all that is known of it stands in the session; its id leads
/// there and back (<see cref="MaskedIds"/>). It is not the session's own, which a user who does not record is not told (wire.md 4.2).
/// </summary>
public static class SchedulingIds
{
    private static ReadOnlySpan<byte> Mask => [0xc6, 0x1d, 0x73, 0xa8, 0x4f, 0x92, 0x35];

    /// <summary>The scheduling of a session, or the session of a scheduling.</summary>
    public static Guid Derived(Guid id) => MaskedIds.Of(id, Mask);
}
