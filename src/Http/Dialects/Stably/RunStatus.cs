using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Sessions;

namespace Ledger.Http.Dialects.Stably;

/// <summary>Where a run stands, in Stably's words (wire.md 9).</summary>
public enum RunStatus
{
    [JsonStringEnumMemberName("QUEUED")] Queued,
    [JsonStringEnumMemberName("RUNNING")] Running,
    [JsonStringEnumMemberName("PASSED")] Passed,
    [JsonStringEnumMemberName("FAILED")] Failed,
    [JsonStringEnumMemberName("TIMEDOUT")] TimedOut,
    [JsonStringEnumMemberName("CANCELLED")] Cancelled,
    [JsonStringEnumMemberName("INTERRUPTED")] Interrupted,
}

/// <summary>How the ledger's states read in this dialect.</summary>
public static class RunStatuses
{
    public static RunStatus StatusOf(Session session) => StatusOf(StablyRuns.Only(session).State);

    /// <summary>
    /// A run that a runner has taken is no longer queued, since a cancel does not settle it at once (wire.md 7.1, domain.md rule 2); one
    /// that is being stopped goes on running until it has stopped (wire.md 2.6); one whose runner was lost was cut off from outside.
    /// </summary>
    public static RunStatus StatusOf(RunState state) => state switch
    {
        RunState.Queued => RunStatus.Queued,
        RunState.Claimed or RunState.Running or RunState.Cancelling => RunStatus.Running,
        RunState.Passed or RunState.Degraded => RunStatus.Passed,
        RunState.Failed => RunStatus.Failed,
        RunState.TimedOut => RunStatus.TimedOut,
        RunState.Cancelled => RunStatus.Cancelled,
        RunState.Lost => RunStatus.Interrupted,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, "A run state without a status."),
    };

    /// <summary>The published word.</summary>
    public static string Word(this RunStatus status) => JsonSerializer.SerializeToElement(status, StablyJson.Options).GetString()!;
}
