using Ledger.Sessions;

namespace Ledger.Web.Shared;

/// <summary>
/// How a state looks and what it is called: one place, so that a colour means one thing everywhere. Cancelled has a neutral colour of its own,
/// never that of a success or of a failure; a run that never started because it was cancelled is called <em>not run</em>.
/// </summary>
/// <param name="Name">The class of its colour, and the name of its picture.</param>
/// <param name="Word">What people call it.</param>
/// <param name="Picture">The name of its picture where that is another one.</param>
public readonly record struct Tone(string Name, string Word, string? Picture = null)
{
    /// <summary>In this order they stand in bars.</summary>
    public static IReadOnlyList<string> Order { get; } =
        ["passed", "degraded", "failed", "timed-out", "lost", "cancelled", "not-run", "cancelling", "running", "claimed", "queued"];

    /// <summary>The tone of a run.</summary>
    public static Tone Of(Run run) => run is { State: RunState.Cancelled, Cancel.How: AbortManner.NeverStarted } ? new("not-run", "Not run") : Of(run.State);

    /// <summary>The tone of a run's state.</summary>
    public static Tone Of(RunState state) => state switch
    {
        RunState.Queued => new("queued", "Queued"),
        RunState.Claimed => new("claimed", "Claimed"),
        RunState.Running => new("running", "Running"),
        RunState.Cancelling => new("cancelling", "Cancelling"),
        RunState.Passed => new("passed", "Passed"),
        RunState.Failed => new("failed", "Failed"),
        RunState.Degraded => new("degraded", "Degraded"),
        RunState.Cancelled => new("cancelled", "Cancelled"),
        RunState.TimedOut => new("timed-out", "Timed out"),
        RunState.Lost => new("lost", "Lost"),
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A state without a tone."),
    };

    /// <summary>The tone of a session: of one that is open and of which nothing is reported what its runs are doing.</summary>
    public static Tone Of(Session session) => Of(session.Status, session.Tally, session.Runs.Where(run => run.IsOpen).Select(run => run.State));

    /// <summary>The same of a session whose runs are known as counts only.</summary>
    /// <param name="status">Its status.</param>
    /// <param name="runs">How many of its runs stand where.</param>
    /// <param name="open">The states of those that are open.</param>
    public static Tone Of(SessionStatus status, RunTally runs, IEnumerable<RunState> open) => (runs, open.Distinct().ToList()) switch
    {
        ({ Open: 0 }, _) => Of(status),
        (_, [RunState.Cancelling]) => Of(RunState.Cancelling),
        ({ Reported: false }, [var same]) => Of(same),
        ({ Reported: false }, var states) when states.Contains(RunState.Running) => Of(RunState.Running),
        _ => Of(status),
    };

    /// <summary>The tone of a session's status.</summary>
    public static Tone Of(SessionStatus status) => status switch
    {
        SessionStatus.Started => new("queued", "Started"),
        SessionStatus.Progress => new("running", "In progress"),
        SessionStatus.ProgressFailed => new("running", "Failing"),
        SessionStatus.ProgressDegraded => new("running", "Degrading"),
        SessionStatus.Running => new("running", "Running"),
        SessionStatus.Passed => new("passed", "Passed"),
        SessionStatus.Failed => new("failed", "Failed"),
        SessionStatus.Degraded => new("degraded", "Degraded"),
        SessionStatus.TimedOut => new("timed-out", "Timed out"),
        SessionStatus.Cancelled => new("cancelled", "Cancelled"),
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "A status without a tone."),
    };
}
