using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Runner.Supervising;

namespace Ledger.Runner.Wire;

/// <summary>Asks for queued runs (docs/http.md#runners).</summary>
/// <param name="Locations">Where this runner stands.</param>
/// <param name="CheckTypes">What it can execute.</param>
/// <param name="Max">How many it can take now.</param>
/// <param name="WaitSeconds">How long the ledger may hold the question when nothing is queued, 0 to 30.</param>
/// <param name="Holds">The runs that it has received: what it claimed beyond these is given again, since an answer was lost.</param>
internal sealed record ClaimRequest(
    IReadOnlyList<string> Locations, IReadOnlyList<string> CheckTypes, int Max, int WaitSeconds, IReadOnlyCollection<Guid> Holds);

/// <summary>The runs that were taken, and every cancel that is still open for this runner.</summary>
internal sealed record ClaimAnswer(IReadOnlyList<ClaimedRun>? Runs, IReadOnlyList<CancelSignal>? Cancels);

/// <summary>One run under a lease.</summary>
/// <param name="SessionId">Its session, which stands in every path.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="CheckType">What kind of check it is.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it was asked to run.</param>
/// <param name="Spec">What to execute; opaque to the ledger, see <see cref="Execution.RunSpec"/>.</param>
/// <param name="LeaseSeconds">How long the ledger waits for the next heartbeat.</param>
/// <param name="Traceparent">The W3C trace to continue: what the runner says about the run, and what the run does; null for none.</param>
internal sealed record ClaimedRun(
    Guid SessionId,
    Guid SequenceId,
    string? CheckType,
    string? Name,
    string? Location,
    JsonElement? Spec,
    double LeaseSeconds,
    string? Traceparent = null);

/// <summary>A cancel as the signal stream and the claims carry it.</summary>
internal sealed record CancelSignal(Guid CancelId, Guid SessionId, Guid SequenceId, string? Reason, string? Mode);

/// <summary>A cancel as heartbeats carry it.</summary>
internal sealed record OpenCancel(Guid CancelId, string? Reason, string? Mode, DateTimeOffset? ExpiresAt);

/// <summary>What the ledger says to any call about one run; each call fills what applies.</summary>
/// <param name="Late">The run was settled already: whatever came changes nothing (docs/domain.md#rule-3).</param>
/// <param name="LeaseSeconds">The renewed lease.</param>
/// <param name="Cancel">The cancel that is open for the run.</param>
/// <param name="Settled">Whether a result settled the run.</param>
internal sealed record RunAnswer(bool? Late, double? LeaseSeconds, OpenCancel? Cancel, bool? Settled);

/// <summary>Confirms that this runner is stopping the run.</summary>
internal sealed record Acknowledgement(Guid CancelId);

/// <summary>What the runner found when it looked whether the execution was really over.</summary>
/// <param name="ProcessesLeft">Processes and containers that are still there; null, and written as such, when that cannot be proven.</param>
/// <param name="Reason">Why it cannot be proven.</param>
internal sealed record StopEvidence(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] int? ProcessesLeft, string? Reason)
{
    /// <summary>As the ledger is told.</summary>
    public static StopEvidence Of(Remains remains) => new(remains.Processes, remains.Reason);
}

/// <summary>Execution is over because of a cancel.</summary>
internal sealed record AbortReport(Guid CancelId, string How, int? ExitCode, string? Signal, StopEvidence Evidence, long DurationMs);

/// <summary>A report about a run.</summary>
internal sealed record ResultReport(
    Guid ResultId,
    string ResultType,
    bool HasFailures,
    bool HasErrors,
    bool IsCancelled,
    long? ResponseTime,
    DateTimeOffset? StartedAt,
    DateTimeOffset? StoppedAt,
    int? Attempt,
    RunDetails Details);

/// <summary>Asks the ledger to cancel a run that this runner holds, because it shuts down.</summary>
internal sealed record ShutdownCancel(IReadOnlyList<Guid> SequenceIds, string Cause, string Reason);

/// <summary>What became of a cancel request.</summary>
internal sealed record CancelAccepted(Guid CancelId, IReadOnlyList<Guid>? Targeted);
