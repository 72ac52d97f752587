using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.CheckResults;

/// <summary>A result of a check: a failed try, or a settled run of a check session, as readers show it.</summary>
/// <param name="Position">The event that brought it.</param>
/// <param name="Run">Its run.</param>
/// <param name="CheckId">The check; the nil uuid for a run of none.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Location">Where it ran.</param>
/// <param name="Name">What the session calls it.</param>
/// <param name="CreatedAt">When the ledger learnt of it.</param>
internal sealed record ResultFact(
    long Position, RunKey Run, Guid CheckId, string CheckType, string Location, string Name, DateTimeOffset CreatedAt)
{
    /// <summary>The report that brought it; null where no report settled the run.</summary>
    public Guid? ReportId { get; init; }

    /// <summary>How the run ended: a terminal state; null for a failed try.</summary>
    public RunState? Outcome { get; init; }

    /// <summary>Whether it failed; false for a cancelled run, as the next two.</summary>
    public bool HasFailures { get; init; }

    /// <summary>Whether it could not be executed properly, was lost or timed out.</summary>
    public bool HasErrors { get; init; }

    /// <summary>Whether it was slower than it should be.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>Whether it was cancelled.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>By which cancel; null where it was none.</summary>
    public Guid? CancelId { get; init; }

    /// <summary>Why it was cancelled.</summary>
    public CancelCause? Cause { get; init; }

    /// <summary>Which try it was, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When execution began, by the runner's clock if it said so; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    /// <summary>Whether it settled its run.</summary>
    public bool IsFinal => Outcome is not null;

    /// <summary>Whether it is one of a registered check.</summary>
    public bool HasCheck => CheckId != Guid.Empty;

    /// <summary>
    /// The result that an event brings; null for none. Pure, and told from this one event: runs of other sessions than those of checks have
    /// no results, and a report that only adds details to an abort brings none.
    /// </summary>
    public static ResultFact? Of(RecordedEvent recorded) => recorded.Data switch
    {
        IRunEvent { Run.Kind: not SessionKind.Check } => null,
        ResultReported { Settles: false, ResultType: ResultType.Final } => null,
        ResultReported e => Reported(recorded, e),
        ISettlesRun { Outcome: { } outcome } e => Ended(recorded, e, outcome),
        _ => null,
    };

    /// <summary>A runner reported a failed try, or what settles the run.</summary>
    private static ResultFact Reported(RecordedEvent recorded, ResultReported e)
    {
        var counts = e.Verdict().Counts();
        var startedAt = e.StartedAt ?? e.Run.StartedAt;
        return Begin(recorded, e, isCancelled: e.IsCancelled) with
        {
            ReportId = e.ResultId,
            Outcome = ((ISettlesRun)e).Outcome,
            HasFailures = counts && e.HasFailures,
            HasErrors = counts && e.HasErrors,
            IsDegraded = counts && e.IsDegraded,
            Attempt = e.Attempt,
            StartedAt = startedAt,
            ResponseTime = e.ResponseTime ?? Milliseconds(startedAt, e.StoppedAt ?? e.At),
        };
    }

    /// <summary>Settled without a report: stopped or given up because of a cancel, over its limit, or without its runner.</summary>
    private static ResultFact Ended(RecordedEvent recorded, ISettlesRun e, RunState outcome) =>
        Begin(recorded, e, isCancelled: outcome is RunState.Cancelled) with
        {
            Outcome = outcome,
            HasErrors = outcome.Counts(),
            StartedAt = e.Run.StartedAt,
            ResponseTime = Milliseconds(e.Run.StartedAt, e.At),
        };

    private static ResultFact Begin(RecordedEvent recorded, IRunEvent e, bool isCancelled) => new(
        recorded.Position,
        new RunKey(recorded.Stream.AccountId, recorded.Stream.SessionId, e.SequenceId),
        e.Run.CheckId ?? Guid.Empty,
        e.Run.CheckType,
        e.Run.Location,
        e.Run.Name,
        e.At)
    {
        IsCancelled = isCancelled,
        CancelId = isCancelled ? e.Run.CancelId : null,
        Cause = isCancelled ? e.Run.Cause : null,
    };

    /// <summary>As times are written, so that it agrees with them; never less than nothing, since the two may come from different clocks.</summary>
    private static long? Milliseconds(DateTimeOffset? from, DateTimeOffset to) =>
        from is { } start ? Math.Max(0, to.ToUnixTimeMilliseconds() - start.ToUnixTimeMilliseconds()) : null;
}

/// <summary>A projection of the results of checks, which are all that it sees of a page of events.</summary>
/// <param name="name">Its name.</param>
internal abstract class ResultProjection(string name) : Projection(name)
{
    /// <summary>All that can bring a result; the report of a failed try is of a type that may settle a run as well.</summary>
    internal sealed override IReadOnlyCollection<Type> Handles { get; } = [.. EventTypes.That<ISettlesRun>()];

    /// <summary>The statements that store what the results of a page come to.</summary>
    /// <param name="connection">The owner's connection, without an open transaction.</param>
    /// <param name="results">At least one, in the order of the events that brought them.</param>
    /// <param name="cancellation">Ends the work.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation);

    /// <summary>Whether the projection has any use for a result.</summary>
    internal virtual bool Wants(ResultFact result) => true;

    /// <inheritdoc/>
    internal sealed override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var results = events.Select(ResultFact.Of).OfType<ResultFact>().Where(Wants).ToList();
        return results.Count == 0 ? [] : await PrepareAsync(connection, results, cancellation);
    }
}
