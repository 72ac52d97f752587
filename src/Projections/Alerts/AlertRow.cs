using Ledger.Projections.CheckResults;
using Ledger.Sessions;

namespace Ledger.Projections.Alerts;

/// <summary>What became of an alert that was decided. The three states after the first are final.</summary>
internal enum AlertState
{
    /// <summary>Decided on a failed try; its run is not settled, and nothing may be sent.</summary>
    Pending,

    /// <summary>Its run was settled by a result that counts: to be sent.</summary>
    Due,

    /// <summary>Its run was settled by a result that raises no alert: a retry passed.</summary>
    Withdrawn,

    /// <summary>Its run was cancelled (docs/domain.md#rule-7).</summary>
    Suppressed,
}

/// <summary>The alert of a run, of which there is at most one.</summary>
/// <param name="Position">The deciding event: the run's first failed try, else what settled the run. Never changes.</param>
/// <param name="DecidedAt">When that was.</param>
/// <param name="Type">What it tells of; settled together with the run.</param>
/// <param name="State">What became of it.</param>
/// <param name="Result">The result that it tells of: the one that settled the run, until then the failed try.</param>
internal sealed record AlertRow(long Position, DateTimeOffset DecidedAt, AlertType Type, AlertState State, ResultFact Result)
{
    /// <summary>The incident of its location; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition => Result.IsFinal ? Result.Position : null;

    /// <summary>When the run was settled.</summary>
    public DateTimeOffset? SettledAt => Result.IsFinal ? Result.CreatedAt : null;

    /// <summary>Why nothing is sent, in a sentence; null unless it is suppressed.</summary>
    public string? Reason =>
        State is not AlertState.Suppressed ? null
        : Result.Cause is { } cause ? $"The run was cancelled, cause {Words<CancelCause>.Of(cause)}."
        : "The run was cancelled.";

    /// <summary>Decided on a failed try.</summary>
    public static AlertRow Pending(ResultFact attempt, AlertType type) =>
        new(attempt.Position, attempt.CreatedAt, type, AlertState.Pending, attempt);

    /// <summary>What the end of the run makes of it.</summary>
    /// <param name="pending">The alert that was decided before; null for none.</param>
    /// <param name="final">The result that settled the run.</param>
    /// <param name="type">What the alert tells of, now that this is certain.</param>
    /// <param name="state">What becomes of it.</param>
    public static AlertRow Settled(AlertRow? pending, ResultFact final, AlertType type, AlertState state) =>
        new(pending?.Position ?? final.Position, pending?.DecidedAt ?? final.CreatedAt, type, state, final);
}
