using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.SessionList;

/// <summary>What of a session's row changes, and all that the fold needs to know about it.</summary>
/// <param name="Kind">What is executed; decides the words of the status.</param>
/// <param name="Runs">How many runs stand where.</param>
/// <param name="SettledAt">When the last run was settled; null while one is open.</param>
/// <param name="LastPosition">The last event of the session.</param>
internal sealed record SessionListRow(SessionKind Kind, RunTally Runs, DateTimeOffset? SettledAt, long LastPosition)
{
    /// <summary>What never changes: written once, with a new row, and null on one that was loaded.</summary>
    public SessionListFacts? Facts { get; init; }

    /// <summary>Its status, which is derived from its runs (docs/domain.md#rule-6).</summary>
    public SessionStatus Status => SessionStatusRule.Derive(Kind, Runs);

    /// <summary>A run has settled.</summary>
    public SessionListRow Settle(Func<RunTally, RunTally> count, DateTimeOffset at)
    {
        var runs = count(Runs with { Open = Runs.Open - 1, Reported = true });
        return this with { Runs = runs, SettledAt = runs.Open == 0 ? at : null };
    }
}

/// <summary>What the first event says, and its position.</summary>
internal sealed record SessionListFacts(SessionTriggered Triggered, long Number);
