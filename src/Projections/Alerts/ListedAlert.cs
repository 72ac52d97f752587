using Ledger.Sessions;

namespace Ledger.Projections.Alerts;

/// <summary>An alert in a list.</summary>
/// <param name="Position">Its id: the event that decided it.</param>
/// <param name="CheckId">The check.</param>
/// <param name="CheckName">What the run's session calls it.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where the run ran.</param>
/// <param name="SessionId">The session of the run.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Type">What it tells of; of a suppressed one, what it would have told of.</param>
/// <param name="Standing">What became of it.</param>
/// <param name="DecidedAt">When it was decided.</param>
public sealed record ListedAlert(
    long Position,
    Guid CheckId,
    string CheckName,
    string CheckType,
    string Location,
    Guid SessionId,
    Guid SequenceId,
    AlertType Type,
    AlertStanding Standing,
    DateTimeOffset DecidedAt)
{
    /// <summary>The event that settled the run; null while it is open.</summary>
    public long? SettledPosition { get; init; }

    /// <summary>When the run was settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How the run ended; null while it is open.</summary>
    public RunState? Outcome { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    /// <summary>When execution began; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The incident that it belongs to; null for none.</summary>
    public Guid? IncidentId { get; init; }

    /// <summary>Why it was suppressed, in a sentence; null unless it was.</summary>
    public string? Reason { get; init; }

    /// <summary>The cancel that suppressed it.</summary>
    public Guid? CancelId { get; init; }

    /// <summary>Why that was asked for.</summary>
    public CancelCause? Cause { get; init; }
}
