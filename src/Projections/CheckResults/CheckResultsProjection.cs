using Ledger.Projections.OpenRuns;

namespace Ledger.Projections.CheckResults;

/// <summary>Which results does a check have? Each is written once, as the event tells it that brought it, and never touched again.</summary>
internal sealed class CheckResultsProjection() : ResultProjection(CheckResultsReader.ProjectionName)
{
    private static readonly Table<ResultFact> Table = new Table<ResultFact>("check_results")
        .Key("position", row => row.Position)
        .Once("account_id", row => row.Run.AccountId)
        .Once("check_id", row => row.CheckId)
        .Once("session_id", row => row.Run.SessionId)
        .Once("sequence_id", row => row.Run.SequenceId)
        .Once("report_id", row => row.ReportId)
        .Once("result_type", row => Words<ResultType>.Of(row.IsFinal ? ResultType.Final : ResultType.Attempt))
        .Once("check_type", row => row.CheckType)
        .Once("location", row => row.Location)
        .Once("name", row => row.Name)
        .Once("outcome", row => Words<RunState>.OrNull(row.Outcome))
        .Once("has_failures", row => row.HasFailures)
        .Once("has_errors", row => row.HasErrors)
        .Once("is_degraded", row => row.IsDegraded)
        .Once("is_cancelled", row => row.IsCancelled)
        .Once("cancel_id", row => row.CancelId)
        .Once("cause", row => Words<CancelCause>.OrNull(row.Cause))
        .Once("attempt", row => row.Attempt)
        .Once("started_at", row => row.StartedAt)
        .Once("response_time", row => row.ResponseTime)
        .Once("created_at", row => row.CreatedAt);

    /// <summary>2: the key is the order of lists.</summary>
    public override int Version => 2;

    internal override Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<NpgsqlBatchCommand>>([Table.Insert(results)]);
}

/// <summary>A result of a check: a failed try, or a settled run of a check session, as readers show it.</summary>
/// <param name="CheckId">The check; the nil uuid for a run of none.</param>
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

    public bool IsDegraded { get; init; }

    public bool IsCancelled { get; init; }

    /// <summary>By which cancel; null where it was none.</summary>
    public Guid? CancelId { get; init; }

    public CancelCause? Cause { get; init; }

    /// <summary>Which try it was, from 1.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>When execution began, by the runner's clock if it said so; null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>In milliseconds; null for a run that never started.</summary>
    public long? ResponseTime { get; init; }

    public bool IsFinal => Outcome is not null;

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
internal abstract class ResultProjection(string name) : Projection(name)
{
    /// <summary>All that can bring a result; the report of a failed try is of a type that may settle a run as well.</summary>
    internal sealed override IReadOnlyCollection<Type> Handles { get; } = [.. EventTypes.That<ISettlesRun>()];

    /// <summary>The statements that store what the results of a page come to.</summary>
    /// <param name="connection">The owner's connection, without an open transaction.</param>
    /// <param name="results">At least one, in the order of the events that brought them.</param>
    internal abstract Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<ResultFact> results, CancellationToken cancellation);

    internal virtual bool Wants(ResultFact result) => true;

    /// <inheritdoc/>
    internal sealed override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var results = events.Select(ResultFact.Of).OfType<ResultFact>().Where(Wants).ToList();
        return results.Count == 0 ? [] : await PrepareAsync(connection, results, cancellation);
    }
}
