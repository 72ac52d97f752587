using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.Cancellations;

/// <summary>A request to cancel: what the metrics need of it, and what changes.</summary>
/// <param name="Position">The event that brought it.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Targets">How many runs it targeted.</param>
internal sealed record CancelRow(long Position, DateTimeOffset RequestedAt, CancelCause Cause, CancelVia Via, int Targets)
{
    /// <summary>What never changes, for a row that is not stored yet; null on one that was loaded.</summary>
    public CancelRequestFacts? Facts { get; init; }

    /// <summary>Whether it was forced from the start, or escalated.</summary>
    public bool Forced { get; init; }

    /// <summary>Its first escalation, as JSON; null while there is none.</summary>
    public string? Escalation { get; init; }

    /// <summary>How many targeted runs were stopped by it.</summary>
    public int Cancelled { get; init; }

    /// <summary>How many were settled by the deadline.</summary>
    public int Expired { get; init; }

    /// <summary>How many had finished first.</summary>
    public int Finished { get; init; }

    /// <summary>When the last targeted run was settled, or the request refused; null while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>What came of it.</summary>
    public CancelOutcome Outcome => this switch
    {
        { Targets: 0 } => CancelOutcome.Refused,
        _ when Cancelled + Expired + Finished < Targets => CancelOutcome.Pending,
        { Expired: > 0 } => CancelOutcome.Expired,
        { Finished: 0 } => CancelOutcome.Cancelled,
        { Cancelled: 0 } => CancelOutcome.Finished,
        _ => CancelOutcome.PartlyCancelled,
    };

    /// <summary>One of its runs was settled.</summary>
    public CancelRow Settled(CancelRunOutcome outcome, DateTimeOffset at)
    {
        var row = outcome switch
        {
            CancelRunOutcome.Cancelled => this with { Cancelled = Cancelled + 1 },
            CancelRunOutcome.Expired => this with { Expired = Expired + 1 },
            CancelRunOutcome.Finished => this with { Finished = Finished + 1 },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not the outcome of a settled run."),
        };
        return row.Outcome is CancelOutcome.Pending ? row : row with { SettledAt = at };
    }
}

/// <summary>What never changes of a request to cancel.</summary>
/// <param name="Session">The session that it is about.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="SupersededBy">The successor session, if there is one.</param>
/// <param name="Origin">What the client said about itself.</param>
/// <param name="Skipped">The runs that were asked for and left alone.</param>
internal sealed record CancelRequestFacts(
    SessionFacts Session,
    Actor Actor,
    string? Reason,
    Guid? SupersededBy,
    IReadOnlyDictionary<string, string>? Origin,
    IReadOnlyList<SkippedRun> Skipped);
