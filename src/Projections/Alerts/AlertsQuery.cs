namespace Ledger.Projections.Alerts;

/// <summary>Where an alert stands, as readers are told: what was decided together with what was sent.</summary>
public enum AlertStanding
{
    /// <summary>Decided, and not sent yet: its run is not settled, or a channel has not got it.</summary>
    Pending,

    /// <summary>Sent to every channel that asks for it, of which there may be none.</summary>
    Sent,

    /// <summary>Taken back before it was sent: a retry passed.</summary>
    Withdrawn,

    /// <summary>Never sent, since the run was cancelled.</summary>
    Suppressed,
}

/// <summary>Which alerts of one account to list, newest first by when they were decided. A filter that is null lets all through.</summary>
/// <param name="AccountId">The tenant.</param>
public sealed record AlertsQuery(Guid AccountId)
{
    /// <summary>The longest page.</summary>
    public const int MaximumLimit = 1_000;

    /// <summary>Only those of sessions of this project, which the projection of the session list tells.</summary>
    public string? Project { get; init; }

    /// <summary>Only those that stand so.</summary>
    public AlertStanding? Standing { get; init; }

    /// <summary>Only this check.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>Only alerts decided at or after this time.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Only alerts decided before this time.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only alerts after this place of the list.</summary>
    public TimeCursor? After { get; init; }

    /// <summary>How many at most, from 1 to <see cref="MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 20;
}

/// <summary>
/// Which alerts that became due to list, newest first by when they did: what a vendor's alert log shows (docs/dialects/checkly.md#alerts).
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="From">Only alerts that became due at or after this time.</param>
public sealed record DueAlertsQuery(Guid AccountId, DateTimeOffset From)
{
    /// <summary>Only alerts of runs in this project's sessions; those are known once the session list has come as far. Null for all.</summary>
    public string? Project { get; init; }

    /// <summary>Only alerts that became due before this time; null for no end.</summary>
    public DateTimeOffset? To { get; init; }

    /// <summary>Only this check; null for all.</summary>
    public Guid? CheckId { get; init; }

    /// <summary>How many to pass over.</summary>
    public long Offset { get; init; }

    /// <summary>How many at most, from 1 to <see cref="AlertsQuery.MaximumLimit"/>.</summary>
    public int Limit { get; init; } = 10;
}

/// <summary>One page of a list.</summary>
/// <param name="Alerts">Newest first.</param>
/// <param name="Next">Where the next page begins; null when there is none.</param>
public sealed record AlertsPage(IReadOnlyList<ListedAlert> Alerts, TimeCursor? Next);
