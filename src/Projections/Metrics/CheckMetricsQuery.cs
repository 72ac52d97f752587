using Ledger.Sessions;

namespace Ledger.Projections.Metrics;

/// <summary>Which runs to add up, and how to divide them.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="CheckIds">The checks, each once.</param>
/// <param name="Bounds">
/// Times in ascending order: from each to the next is a bucket, which has the runs that were settled at or after its start and before its end.
/// Any times will do; what is not a whole UTC hour is added up from the single results.
/// </param>
public sealed record CheckMetricsQuery(Guid AccountId, IReadOnlyCollection<Guid> CheckIds, IReadOnlyList<DateTimeOffset> Bounds)
{
    /// <summary>The bound of a bucket without an end: later than everything.</summary>
    public static readonly DateTimeOffset Unbounded = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The ways in which a run ends.</summary>
    public static readonly IReadOnlyList<RunState> AllOutcomes =
        [RunState.Passed, RunState.Failed, RunState.Degraded, RunState.Cancelled, RunState.TimedOut, RunState.Lost];

    /// <summary>Only runs that ended in one of these ways.</summary>
    public IReadOnlyCollection<RunState> Outcomes { get; init; } = AllOutcomes;

    /// <summary>Whether each location is apart.</summary>
    public bool ByLocation { get; init; }
}

/// <summary>The runs of one check in one bucket, and at one location if locations are apart. There is none where there was no run.</summary>
/// <param name="CheckId">The check.</param>
/// <param name="Bucket">The index of the bucket's start among the bounds.</param>
/// <param name="Location">Where they ran; null when locations are not apart.</param>
/// <param name="Metrics">How they went.</param>
public sealed record MeasuredRuns(Guid CheckId, int Bucket, string? Location, RunMetrics Metrics);
