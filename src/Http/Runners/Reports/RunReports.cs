using System.Text.Json;
using System.Text.Json.Serialization;
using Ledger.Http.Errors;
using Ledger.Http.Runners.Signals;
using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Http.Runners.Reports;

/// <summary>A start or a heartbeat says nothing beyond its path.</summary>
public sealed record EmptyRequest;

/// <summary>The runner confirms that it is stopping a run.</summary>
public sealed record AcknowledgementRequest(Guid CancelId);

/// <summary>Execution is over because of a cancel.</summary>
public sealed record AbortRequest(
    Guid CancelId,
    AbortManner How,
    int? ExitCode = null,
    string? Signal = null,
    StopEvidence? Evidence = null,
    long? DurationMs = null)
{
    private const int MaximumSignal = 64;

    /// <summary>The command.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public AbortRun ToCommand(Guid sequenceId, string runnerId)
    {
        if (Signal is { Length: 0 or > MaximumSignal })
        {
            throw RequestRejected.BadRequest($"'signal' must have 1 to {MaximumSignal} characters.");
        }

        return Evidence is { ProcessesLeft: < 0 } || DurationMs < 0
            ? throw RequestRejected.BadRequest("'evidence.processesLeft' and 'durationMs' must not be negative.")
            : new AbortRun(sequenceId, CancelId, runnerId, How, ExitCode, Signal, DurationMs, Evidence);
    }
}

/// <summary>A report about a run. Without an id it gets one, and cannot be repeated.</summary>
public sealed record ResultRequest(
    ResultType ResultType,
    bool HasFailures,
    Guid? ResultId = null,
    bool HasErrors = false,
    bool IsDegraded = false,
    bool IsCancelled = false,
    long? ResponseTime = null,
    DateTimeOffset? StartedAt = null,
    DateTimeOffset? StoppedAt = null,
    int? Attempt = null,
    JsonElement? Details = null)
{
    /// <summary>The command.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public ReportResult ToCommand(Guid resultId, Guid sequenceId, string runnerId) => ResponseTime < 0 || Attempt < 1
        ? throw RequestRejected.BadRequest("'responseTime' must not be negative, and 'attempt' must be at least 1.")
        : new ReportResult(
            resultId,
            sequenceId,
            runnerId,
            ResultType,
            HasFailures,
            HasErrors,
            IsDegraded,
            IsCancelled,
            ResponseTime,
            StartedAt,
            StoppedAt,
            Attempt,
            Details);
}

/// <summary>The answer to a start or a heartbeat.</summary>
/// <param name="LeaseSeconds">How long the ledger waits for the next one.</param>
/// <param name="Cancel">The cancel that is under way for the run, or null.</param>
/// <param name="Late">True when the run is settled; absent otherwise.</param>
public sealed record LeaseAnswer(
    int LeaseSeconds,
    CancelOrder? Cancel,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late);

/// <summary>A cancel as starts and heartbeats carry it.</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Mode">Whether to ask or to kill.</param>
/// <param name="ExpiresAt">When the run is settled as cancelled without proof.</param>
public sealed record CancelOrder(Guid CancelId, string? Reason, SignalMode Mode, DateTimeOffset ExpiresAt)
{
    public static CancelOrder? For(Session session, Run run, int expireSeconds) => CancelSignal.For(session, run) is { } signal
        ? new CancelOrder(signal.CancelId, signal.Reason, signal.Mode, run.Cancel!.RequestedAt.AddSeconds(expireSeconds))
        : null;
}

/// <summary>The answer to an acknowledgement or an abort.</summary>
/// <param name="Settled">Whether the run is settled now.</param>
/// <param name="Late">True when it had been settled before, so that the report was only recorded; absent otherwise.</param>
public sealed record ReportTaken(
    bool Settled, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late);

/// <summary>The answer to a result.</summary>
/// <param name="ResultId">Its id.</param>
/// <param name="Settled">Whether this result settled the run.</param>
/// <param name="Late">True when the run had been settled before, so that the result was only recorded; absent otherwise.</param>
public sealed record ResultTaken(
    Guid ResultId, bool Settled, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Late);
