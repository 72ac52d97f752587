namespace Ledger.Sessions;

/// <summary>How many runs of a session stand where: all that its status depends on.</summary>
/// <param name="Open">Not settled.</param>
/// <param name="Passed">Passed.</param>
/// <param name="Failed">Failed.</param>
/// <param name="Degraded">Degraded.</param>
/// <param name="Cancelled">Cancelled.</param>
/// <param name="TimedOut">Timed out.</param>
/// <param name="Lost">Lost.</param>
/// <param name="Reported">Whether any report has come, a failed try included.</param>
public readonly record struct RunTally(
    int Open, int Passed, int Failed, int Degraded, int Cancelled, int TimedOut, int Lost, bool Reported)
{
    /// <summary>Counts the runs of a session.</summary>
    public static RunTally Of(IReadOnlyCollection<Run> runs)
    {
        var tally = default(RunTally);
        foreach (var run in runs)
        {
            tally = tally.With(run.State);
            if (run.Attempts.Count > 0)
            {
                tally = tally with { Reported = true };
            }
        }

        return tally;
    }

    /// <summary>The same when an open run settles.</summary>
    public RunTally Settle(RunState outcome) => (this with { Open = Open - 1, Reported = true }).With(outcome);

    /// <summary>The same and one run more.</summary>
    public RunTally With(RunState state) => state switch
    {
        RunState.Queued or RunState.Claimed or RunState.Running or RunState.Cancelling => this with { Open = Open + 1 },
        RunState.Passed => this with { Passed = Passed + 1, Reported = true },
        RunState.Failed => this with { Failed = Failed + 1, Reported = true },
        RunState.Degraded => this with { Degraded = Degraded + 1, Reported = true },
        RunState.Cancelled => this with { Cancelled = Cancelled + 1, Reported = true },
        RunState.TimedOut => this with { TimedOut = TimedOut + 1, Reported = true },
        RunState.Lost => this with { Lost = Lost + 1, Reported = true },
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state that has no place in the tally."),
    };
}

/// <summary>
/// Derives a session's status (docs/domain.md#rule-6; the words of test sessions and the order of precedence:
/// docs/dialects/checkly.md#status).
/// </summary>
public static class SessionStatusRule
{
    /// <summary>The statuses of sessions that have a run which is not settled; no other session has one of these.</summary>
    public static IReadOnlyCollection<SessionStatus> Open { get; } =
        [SessionStatus.Started, SessionStatus.Progress, SessionStatus.ProgressFailed, SessionStatus.ProgressDegraded, SessionStatus.Running];

    /// <summary>The status of a session of that kind with these runs.</summary>
    public static SessionStatus Derive(SessionKind kind, RunTally runs) =>
        kind is SessionKind.Test ? DeriveForTests(runs) : DeriveForChecks(runs);

    private static SessionStatus DeriveForTests(RunTally runs) => runs switch
    {
        { Open: > 0 } => SessionStatus.Running,
        { Cancelled: > 0 } => SessionStatus.Cancelled,
        { Failed: > 0 } or { TimedOut: > 0 } or { Lost: > 0 } => SessionStatus.Failed,
        _ => SessionStatus.Passed,
    };

    private static SessionStatus DeriveForChecks(RunTally runs) => runs switch
    {
        { Open: > 0, Failed: > 0 } or { Open: > 0, TimedOut: > 0 } or { Open: > 0, Lost: > 0 } => SessionStatus.ProgressFailed,
        { Open: > 0, Degraded: > 0 } => SessionStatus.ProgressDegraded,
        { Open: > 0, Reported: true } => SessionStatus.Progress,
        { Open: > 0 } => SessionStatus.Started,
        { Cancelled: > 0 } => SessionStatus.Cancelled,
        { TimedOut: > 0 } or { Lost: > 0 } => SessionStatus.TimedOut,
        { Failed: > 0 } => SessionStatus.Failed,
        { Degraded: > 0 } => SessionStatus.Degraded,
        _ => SessionStatus.Passed,
    };
}
