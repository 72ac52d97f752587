using Ledger.Http.Errors;
using Ledger.Http.Requests;
using Ledger.Sessions;

namespace Ledger.Http.Cancels;

/// <summary>A cancel of one session, natively (http.md, Cancel).</summary>
public sealed record CancelRequest(
    IReadOnlyList<Guid>? SequenceIds = null,
    string? Reason = null,
    CancelCause Cause = CancelCause.User,
    bool Force = false,
    bool DryRun = false)
{
    /// <summary>Checks what the JSON type cannot say.</summary>
    /// <exception cref="RequestRejected">400 for a value out of its bounds.</exception>
    public void Validate()
    {
        Inputs.Reason(Reason);
        if (SequenceIds is { Count: 0 or > Limits.Runs })
        {
            throw RequestRejected.BadRequest($"'sequenceIds' must name 1 to {Limits.Runs} runs, or be absent for all of them.");
        }

        RejectOwnCause(Cause);
    }

    /// <summary>Refuses a cause that only the ledger itself can know.</summary>
    /// <exception cref="RequestRejected">400.</exception>
    public static void RejectOwnCause(CancelCause cause)
    {
        if (cause is CancelCause.Superseded)
        {
            throw RequestRejected.BadRequest("'cause' superseded is the ledger's own; no caller can claim it.");
        }
    }
}

/// <summary>The answer to a cancel: 202, for the runs stop afterwards.</summary>
public sealed record CancelAccepted(Guid CancelId, IReadOnlyList<Guid> Targeted, IReadOnlyList<Ledger.Sessions.Events.SkippedRun> Skipped);
