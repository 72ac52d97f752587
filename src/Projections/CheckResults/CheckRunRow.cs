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
                HasFailures = counts && e.HasFailures,
                HasErrors = counts && e.HasErrors,
                IsDegraded = counts && e.IsDegraded,
                IsCancelled = e.IsCancelled,
                ResponseTime = e.ResponseTime ?? Milliseconds(e.StartedAt ?? StartedAt, e.StoppedAt ?? e.At),
            });
    }

    /// <summary>Settled without a report, because of a cancel.</summary>
    public CheckRunRow Cancelled(DateTimeOffset at, long position) =>
        With(new CheckResultRow(position, null, ResultType.Final, at) { IsCancelled = true, ResponseTime = Milliseconds(StartedAt, at) });

    /// <summary>Settled without a report: it exceeded its limit, or lost its runner.</summary>
    public CheckRunRow GivenUp(DateTimeOffset at, long position) =>
        With(new CheckResultRow(position, null, ResultType.Final, at) { HasErrors = true, ResponseTime = Milliseconds(StartedAt, at) });

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
    public bool HasFailures { get; init; }

    public bool HasErrors { get; init; }

    public bool IsDegraded { get; init; }

    public bool IsCancelled { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }
}
