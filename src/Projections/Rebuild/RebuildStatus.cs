namespace Ledger.Projections.Rebuild;

/// <summary>How a projection's last rebuild stands.</summary>
/// <param name="State">What it is doing.</param>
/// <param name="Position">How far the second copy has come.</param>
/// <param name="Head">The last event of the log when that was written down.</param>
/// <param name="StartedAt">When it was asked for, by the database's clock.</param>
/// <param name="StartedBy">Who asked for it.</param>
public sealed record RebuildStatus(RebuildState State, long Position, long Head, DateTimeOffset StartedAt, string StartedBy)
{
    /// <summary>When it was done, or failed.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>
    /// How many rows only one of both copies had, compared at the same position: 0 if the rebuilt rows were those that served, 2 for a
    /// row that differed. Null before the comparison.
    /// </summary>
    public long? Differences { get; init; }

    /// <summary>Why it failed; null unless it has.</summary>
    public string? Error { get; init; }

    /// <summary>Whether the tables that it replaced are kept still.</summary>
    public bool KeepsOld { get; init; }
}

/// <summary>What a rebuild is doing.</summary>
public enum RebuildState
{
    /// <summary>The second copy is made from the first event on.</summary>
    Filling,

    /// <summary>It has caught up and is compared with the rows that serve.</summary>
    Comparing,

    /// <summary>It takes their place.</summary>
    Switching,

    /// <summary>It serves.</summary>
    Done,

    /// <summary>It was given up, and left nothing behind; the rows that served still do.</summary>
    Failed,
}

/// <summary>What came of asking for a rebuild, or for an old copy to be dropped.</summary>
public enum RebuildRequest
{
    /// <summary>It is done, or will be.</summary>
    Accepted,

    /// <summary>A rebuild is under way.</summary>
    UnderWay,

    /// <summary>There is nothing to rebuild, or to drop.</summary>
    Nothing,
}
