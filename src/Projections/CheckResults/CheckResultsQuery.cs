using Ledger.Sessions;

namespace Ledger.Projections.CheckResults;

/// <summary>Which results of one check to list, newest first. A filter that is null lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="CheckId">The check.</param>
public sealed record CheckResultsQuery(Guid AccountId, Guid CheckId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only results of this project's sessions; those are known once the session list has come as far.</summary>
    public string? Project { get; init; }

    /// <summary>Only failed tries, or only settled runs.</summary>
    public ResultType? ResultType { get; init; }

    /// <summary>Only this location.</summary>
    public string? Location { get; init; }

    /// <summary>Only this type of check: a check may change its own.</summary>
    public string? CheckType { get; init; }

    /// <summary>Only results with failures, or only results without.</summary>
    public bool? HasFailures { get; init; }

    /// <summary>Only results that the ledger learnt of at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only results that the ledger learnt of before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only results after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many to pass over.</summary>
    public long Offset { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 10;
}

/// <summary>One page of a list.</summary>
/// <param name="Results">Newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record CheckResultsPage(IReadOnlyList<ListedResult> Results, TimeCursor? Next);

/// <summary>A result in a list; what it looks like is read from its session's stream.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="SequenceId">Its run.</param>
/// <param name="ReportId">The report that brought it; null where no report settled the run.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="Position">The event that brought it.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
public sealed record ListedResult(
    Guid SessionId, Guid SequenceId, Guid? ReportId, ResultType ResultType, long Position, DateTimeOffset CreatedAt);
