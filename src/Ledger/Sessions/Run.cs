using System.Collections.Immutable;

namespace Ledger.Sessions;

/// <summary>One run of a session, as its stream tells it.</summary>
/// <param name="Plan">What was asked for.</param>
/// <param name="State">Where it stands.</param>
public sealed record Run(PlannedRun Plan, RunState State)
{
    /// <summary>The run's id.</summary>
    public Guid SequenceId => Plan.SequenceId;

    /// <summary>The runner that holds it or held it last; null while it is queued, for the first time or again.</summary>
    public string? RunnerId { get; init; }

    /// <summary>When it was claimed.</summary>
    public DateTimeOffset? ClaimedAt { get; init; }

    /// <summary>The lease that the claim was made with, in seconds.</summary>
    public int LeaseSeconds { get; init; }

    /// <summary>How often it was queued again, since who had claimed it vanished before it began.</summary>
    public int Requeues { get; init; }

    /// <summary>When its execution began, by the ledger's clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>When it was settled.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>The five facts of its cancel; null while nobody asked to cancel it.</summary>
    public RunCancel? Cancel { get; init; }

    /// <summary>Its failed tries, in the order of their reports.</summary>
    public ImmutableList<ResultReported> Attempts { get; init; } = [];

    /// <summary>
    /// Its final report: the one that settled it, or the one that added details to an abort. Null when there is none, as for a run that
    /// never started, timed out or was lost.
    /// </summary>
    public ResultReported? Final { get; init; }

    /// <summary>Everything that came too late, in the order of arrival.</summary>
    public ImmutableList<LateReport> LateReports { get; init; } = [];

    /// <summary>Whether it can still change (docs/domain.md#rule-3).</summary>
    public bool IsOpen => State.IsOpen();

    /// <summary>Whether its runner ever said that it executes it: by a start, or by the report of a failed try.</summary>
    public bool HasBegun => StartedAt is not null || !Attempts.IsEmpty;

    /// <summary>Whether a cancel is under way: recorded, not settled.</summary>
    public bool IsCancelling => State is RunState.Cancelling;

    /// <summary>Whether it was settled by an abort and still lacks the details that the final report brings.</summary>
    public bool AwaitsAbortDetails => State is RunState.Cancelled && Cancel?.StoppedAt is not null && Final is null;

    /// <summary>Whether a report of this id was recorded for it before.</summary>
    public bool HasReport(Guid resultId) =>
        Final?.ResultId == resultId
        || Attempts.Exists(attempt => attempt.ResultId == resultId)
        || HasLateReport(LateReportKind.Result, resultId);

    /// <summary>Whether this late report was recorded before.</summary>
    public bool HasLateReport(LateReportKind kind, Guid? reportId) =>
        LateReports.Exists(late => late.Kind == kind && late.ReportId == reportId);

    /// <summary>How many reports it has, of any kind.</summary>
    public int ReportCount => Attempts.Count + LateReports.Count + (Final is null ? 0 : 1);
}
