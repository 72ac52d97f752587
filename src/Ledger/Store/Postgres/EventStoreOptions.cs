namespace Ledger.Store.Postgres;

/// <summary>How the store writes. The defaults suit one host next to its database.</summary>
public sealed record EventStoreOptions
{
    /// <summary>
    /// Connections that write at the same time: one or two. They queue on the head row and overlap in everything else, which pays where
    /// there are processors to spare: with two for everything, one writer needs a fifth less of them for the same events.
    /// </summary>
    public int Writers { get; init; } = 1;

    /// <summary>
    /// With two writers, units that have to wait before a batch is begun while another is under way; fewer wait for its end, since small
    /// batches cost more than the overlap brings.
    /// </summary>
    public int UnitsForOverlap { get; init; } = 32;

    /// <summary>Units that may wait for a writer; beyond it <see cref="IEventStore.AppendAsync"/> waits for room.</summary>
    public int QueueLimit { get; init; } = 8_192;

    /// <summary>Units that are written in one round trip.</summary>
    public int UnitsPerBatch { get; init; } = 512;

    /// <summary>Events after which a batch takes no further unit. A single unit may be larger.</summary>
    public int EventsPerBatch { get; init; } = 4_096;

    /// <summary>Bytes of event data after which a batch takes no further unit. A single unit may be larger.</summary>
    public int BytesPerBatch { get; init; } = 8 * 1024 * 1024;

    /// <summary>How long a unit is tried while the database cannot be reached, before <see cref="StoreUnavailableException"/>.</summary>
    public TimeSpan UnavailableAfter { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Whether commits are announced to other hosts by <c>NOTIFY</c>; a single host does without.</summary>
    public bool NotifyOtherHosts { get; init; } = true;
}
