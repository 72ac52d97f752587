using Ledger.Sessions;

namespace Ledger.Projections.Cancellations;

/// <summary>Which requests to cancel to list, newest first. A filter that is null or empty lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record CancelsQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 500;

    /// <summary>Only requests at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only requests before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only those of an actor of this id or name.</summary>
    public string? Actor { get; init; }

    /// <summary>Only those for sessions of this project.</summary>
    public string? Project { get; init; }

    /// <summary>Only those through these interfaces.</summary>
    public IReadOnlyList<CancelVia> Via { get; init; } = [];

    /// <summary>Only those for these causes.</summary>
    public IReadOnlyList<CancelCause> Causes { get; init; } = [];

    /// <summary>Only those that came to this.</summary>
    public IReadOnlyList<CancelOutcome> Outcomes { get; init; } = [];

    /// <summary>Only those after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;
}

/// <summary>One page of a list.</summary>
/// <param name="Entries">Newest first; fewer than the limit where their runs are very many.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record CancelsPage(IReadOnlyList<CancelEntry> Entries, TimeCursor? Next);
