using System.Collections.Immutable;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.CheckResults;

/// <summary>A run of a check session, from its trigger to its settlement.</summary>
/// <param name="CheckId">Its check; the nil uuid for a run of none.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where it runs.</param>
/// <param name="Name">What the session calls it.</param>
internal sealed record CheckRunRow(Guid CheckId, string CheckType, string Location, string Name)
{
    /// <summary>When its execution began, by the ledger's clock.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The cancel that is under way, or ended it; null for none.</summary>
    public Guid? CancelId { get; init; }

    /// <summary>Why it is cancelled.</summary>
    public CancelCause? Cause { get; init; }

    /// <summary>Whether it can have no further results.</summary>
    public bool IsSettled { get; init; }

    /// <summary>The results that this batch of events has brought, in order; empty on a row that was loaded.</summary>
    public ImmutableList<CheckResultRow> NewResults { get; init; } = [];

    /// <summary>A run as it was asked for.</summary>
    public static CheckRunRow Of(PlannedRun plan) =>
        new(plan.CheckId ?? Guid.Empty, plan.CheckType, plan.Location, plan.Name);

    /// <summary>A runner reported a failed try, or what settles the run.</summary>
    public CheckRunRow Reported(ResultReported e, long position)
    {
        var counts = !e.IsCancelled;
        return With(
            new CheckResultRow(position, e.ResultId, e.ResultType, e.At)
            {
                Outcome = e.ResultType is ResultType.Final ? Session.OutcomeOf(e) : null,
                HasFailures = counts && e.HasFailures,
                HasErrors = counts && e.HasErrors,
                IsDegraded = counts && e.IsDegraded,
                IsCancelled = e.IsCancelled,
                Attempt = e.Attempt,
                StartedAt = e.StartedAt ?? StartedAt,
                ResponseTime = e.ResponseTime ?? Milliseconds(e.StartedAt ?? StartedAt, e.StoppedAt ?? e.At),
            });
    }

    /// <summary>Settled without a report: stopped or given up because of a cancel, over its limit, or without its runner.</summary>
    public CheckRunRow Ended(RunState outcome, DateTimeOffset at, long position) => With(
        new CheckResultRow(position, null, ResultType.Final, at)
        {
            Outcome = outcome,
            HasErrors = outcome is not RunState.Cancelled,
            IsCancelled = outcome is RunState.Cancelled,
            StartedAt = StartedAt,
            ResponseTime = Milliseconds(StartedAt, at),
        });

    private CheckRunRow With(CheckResultRow result) =>
        this with { NewResults = NewResults.Add(result), IsSettled = result.ResultType is ResultType.Final };

    /// <summary>As times are written, so that it agrees with them; never less than nothing, since the two may come from different clocks.</summary>
    private static long? Milliseconds(DateTimeOffset? from, DateTimeOffset to) =>
        from is { } start ? Math.Max(0, to.ToUnixTimeMilliseconds() - start.ToUnixTimeMilliseconds()) : null;
}

/// <summary>A result of a check: a failed try, or a settled run. Never changes.</summary>
/// <param name="Position">The event that brought it.</param>
/// <param name="ReportId">The report that brought it; null where no report settled the run.</param>
/// <param name="ResultType">A failed try, or the run as a whole.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
internal sealed record CheckResultRow(long Position, Guid? ReportId, ResultType ResultType, DateTimeOffset CreatedAt)
{
    /// <summary>How the run ended; null for a failed try.</summary>
    public RunState? Outcome { get; init; }

    public bool HasFailures { get; init; }

    public bool HasErrors { get; init; }

    public bool IsDegraded { get; init; }

    public bool IsCancelled { get; init; }

    /// <summary>Which try it was, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When execution began, by the runner's clock if it said so; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }
}
