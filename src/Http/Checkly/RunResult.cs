namespace Ledger.Http.Checkly;

/// <summary>What a result is about.</summary>
public enum ResultScope
{
    /// <summary>A run that is not settled.</summary>
    [JsonStringEnumMemberName("PENDING")] Pending,

    /// <summary>A failed try.</summary>
    [JsonStringEnumMemberName("ATTEMPT")] Attempt,

    /// <summary>A settled run.</summary>
    [JsonStringEnumMemberName("FINAL")] Final,
}

/// <summary>
/// A result as both kinds of session show it. A cancelled one is nothing but cancelled: with <c>hasFailures</c> clients would
/// count it failed, with <c>isDegraded</c> degraded, whatever had happened inside it before.
/// </summary>
/// <param name="Status">In the words of test sessions: running, passed, failed or cancelled.</param>
public sealed record RunResult(Guid Id, Run Run, ResultScope Scope, SessionStatus Status)
{
    public bool HasErrors { get; private init; }

    public bool HasFailures { get; private init; }

    public bool IsDegraded { get; private init; }

    /// <summary>Whether execution was given up without proof of its end: a cancel that expired, a run that timed out or was lost.</summary>
    public bool Aborted { get; private init; }

    public bool IsCancelled { get; private init; }

    public bool OverMaxResponseTime { get; private init; }

    /// <summary>In milliseconds; null for a run that never started or is not settled.</summary>
    public long? ResponseTime { get; private init; }

    /// <summary>Null for a run that never started.</summary>
    public DateTimeOffset? StartedAt { get; private init; }

    public DateTimeOffset? StoppedAt { get; private init; }

    /// <summary>How many tries it took, this one included.</summary>
    public int Attempts { get; private init; }

    public JsonElement? Details { get; private init; }

    /// <summary>What the ledger itself knows of its end: that it timed out or was lost. Null for what a report or a cancel settled.</summary>
    public string? Explanation { get; private init; }

    /// <summary>When the ledger learnt of it; null for a run's own result, which begins with the session.</summary>
    public DateTimeOffset? ReportedAt { get; private init; }

    /// <summary>Of each run its failed tries, and its own result, settled or not.</summary>
    public static IEnumerable<RunResult> AllOf(Session session) =>
        session.Runs.SelectMany(run => AttemptsOf(run).Append(Of(session.Kind, run)));

    /// <summary>The failed tries of a run, in order.</summary>
    public static IEnumerable<RunResult> AttemptsOf(Run run) => run.Attempts.Select(report => Of(run, report));

    /// <summary>The run's own result: pending, or final once it is settled.</summary>
    public static RunResult Of(SessionKind kind, Run run) => run switch
    {
        { IsOpen: true } => new RunResult(ResultIds.Derived(run.SequenceId), run, ResultScope.Pending, SessionStatus.Running)
        {
            StartedAt = run.StartedAt,
            Attempts = TriesOf(run),
        },
        { Final: { Settles: true } report } => Of(run, report) with { Id = ResultIds.OfFinal(kind, run), ReportedAt = null },
        _ => Unreported(run, ResultIds.OfFinal(kind, run)),
    };

    private static RunResult Of(Run run, ResultReported report)
    {
        var startedAt = report.StartedAt ?? report.Run.StartedAt;
        var stoppedAt = report.StoppedAt ?? report.At;
        var counts = report.Verdict().Counts();
        var scope = report.ResultType is ResultType.Final ? ResultScope.Final : ResultScope.Attempt;
        return new RunResult(report.ResultId, run, scope, StatusOf(report))
        {
            HasErrors = counts && report.HasErrors,
            HasFailures = counts && report.HasFailures,
            IsDegraded = counts && report.IsDegraded,
            IsCancelled = report.IsCancelled,
            OverMaxResponseTime = counts && report.OverMaxResponseTime,
            ResponseTime = report.ResponseTime ?? WallClock(startedAt, stoppedAt),
            StartedAt = startedAt,
            StoppedAt = stoppedAt,
            Attempts = Math.Max(1, report.Attempt),
            Details = report.Details,
            ReportedAt = report.At,
        };
    }

    /// <summary>Settled by an abort or a deadline. The times are the ledger's; a later report changes none of them.</summary>
    private static RunResult Unreported(Run run, Guid id)
    {
        var isCancelled = run.State is RunState.Cancelled;
        return new RunResult(id, run, ResultScope.Final, isCancelled ? SessionStatus.Cancelled : SessionStatus.Failed)
        {
            HasErrors = !isCancelled,
            IsCancelled = isCancelled,
            Aborted = !isCancelled || run.Cancel?.Expired is true,
            ResponseTime = WallClock(run.StartedAt, run.SettledAt),
            StartedAt = run.StartedAt,
            StoppedAt = run.SettledAt,
            Attempts = TriesOf(run),
            Details = run.Final?.Details,
            Explanation = run switch
            {
                { State: RunState.TimedOut, Plan.TimeoutSeconds: { } seconds } => string.Create(
                    CultureInfo.InvariantCulture, $"The check exceeded its limit of {seconds} s."),
                { State: RunState.TimedOut } => "The check exceeded its time limit.",
                { State: RunState.Lost } => $"The runner {run.RunnerId} was lost while it executed the check.",
                _ => null,
            },
        };
    }

    private static SessionStatus StatusOf(ResultReported report) => report switch
    {
        { IsCancelled: true } => SessionStatus.Cancelled,
        { ResultType: ResultType.Attempt } or { HasFailures: true } or { HasErrors: true } => SessionStatus.Failed,
        _ => SessionStatus.Passed,
    };

    private static int TriesOf(Run run) => run.Attempts.Count + (run.StartedAt is null ? 0 : 1);

    private static long? WallClock(DateTimeOffset? from, DateTimeOffset? to) =>
        from is { } start && to is { } end ? Durations.Between(start, end) : null;
}
