using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.SessionList;

/// <summary>What of a session's row changes, and all that the fold needs to know about it.</summary>
/// <param name="Kind">What is executed; decides the words of the status.</param>
/// <param name="Runs">How many runs stand where.</param>
/// <param name="Version">The version of the session's stream.</param>
/// <param name="LastPosition">The last event of the session.</param>
internal sealed record SessionListRow(SessionKind Kind, RunTally Runs, long Version, long LastPosition)
{
    /// <summary>When the last run was settled; null while one is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>When a run was last claimed, begun or settled.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Where the first runs stand; null but for test sessions.</summary>
    public FirstRuns? FirstRuns { get; init; }

    /// <summary>The one run; null but for plain runs.</summary>
    public RunSummary? Run { get; init; }

    /// <summary>What never changes: written once, with a new row, and null on one that was loaded.</summary>
    public SessionListFacts? Facts { get; init; }

    /// <summary>Its status, which is derived from its runs (docs/domain.md#rule-6).</summary>
    public SessionStatus Status => SessionStatusRule.Derive(Kind, Runs);

    /// <summary>A run has settled.</summary>
    public SessionListRow Settle(Guid sequenceId, RunState outcome, DateTimeOffset at)
    {
        var runs = Runs.Settle(outcome);
        return this with
        {
            Runs = runs,
            SettledAt = runs.Open == 0 ? at : null,
            UpdatedAt = at,
            FirstRuns = FirstRuns?.With(sequenceId, outcome),
            Run = Run is null ? null : Run with { State = outcome },
        };
    }
}

/// <summary>What the first event says, and its position.</summary>
internal sealed record SessionListFacts(SessionTriggered Triggered, long Number);
