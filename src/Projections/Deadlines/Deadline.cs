using Ledger.Projections.OpenRuns;

namespace Ledger.Projections.Deadlines;

/// <summary>What happens when a deadline passes.</summary>
internal enum DeadlineKind
{
    /// <summary>The runner was not heard of for the length of its lease: the run is lost.</summary>
    Lease,

    /// <summary>The run exceeded its own limit: it times out.</summary>
    RunLimit,

    /// <summary>Nobody acknowledged the cancel: it is forced.</summary>
    Acknowledgement,

    /// <summary>Nobody stopped the run: the cancel expires.</summary>
    Expiry,
}

/// <summary>One deadline of one run.</summary>
internal readonly record struct DeadlineKey(RunKey Run, DeadlineKind Kind);

/// <summary>A deadline as the tables tell it.</summary>
/// <param name="Key">Whose, and which.</param>
/// <param name="Stamp">Another stamp makes it another deadline: the count of renewals of a lease.</param>
/// <param name="DueAt">When it passes by the wall clock, which may be wrong.</param>
/// <param name="Duration">The whole time that it grants.</param>
internal readonly record struct Deadline(DeadlineKey Key, long Stamp, DateTimeOffset DueAt, TimeSpan Duration);
