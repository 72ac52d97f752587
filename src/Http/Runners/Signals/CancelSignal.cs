using Ledger.Sessions;

namespace Ledger.Http.Runners.Signals;

/// <summary>What tells a runner to stop a run: a hint, the stream is the truth (domain.md rule 8).</summary>
/// <param name="CancelId">The cancel.</param>
/// <param name="SessionId">The session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="Mode">Whether to ask or to kill.</param>
public sealed record CancelSignal(Guid CancelId, Guid SessionId, Guid SequenceId, string? Reason, SignalMode Mode)
{
    /// <summary>The signal for a run; null unless a cancel of it is under way.</summary>
    public static CancelSignal? For(Session session, Run? run) => run is { IsCancelling: true, Cancel: { } cancel }
        ? new CancelSignal(cancel.CancelId, session.Id, run.SequenceId, session.Cancels[cancel.CancelId].Reason, ModeOf(cancel))
        : null;

    public static SignalMode ModeOf(RunCancel cancel) => cancel.Forced ? SignalMode.Force : SignalMode.Graceful;
}

/// <summary>How a run is to be stopped.</summary>
public enum SignalMode
{
    /// <summary>Ask it to stop, and kill it after the runner's grace period.</summary>
    Graceful,

    /// <summary>Kill it at once.</summary>
    Force,
}
