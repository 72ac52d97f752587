using System.Collections.Frozen;

namespace Ledger.Sessions;

/// <summary>Which runs may be cancelled: a setting, and for plain runs the rule of the dialect that asks (docs/domain.md#rule-1).</summary>
/// <param name="CancellableTypes">The cancellable types of check in sessions of kind check and test; Playwright by default.</param>
/// <param name="OnlyQueued">
/// Whether plain runs that a runner has taken are left alone, as TesterArmy's older contract says (docs/dialects/testerarmy.md#cancel).
/// </param>
public sealed record CancelPolicy(FrozenSet<string> CancellableTypes, bool OnlyQueued = false)
{
    /// <summary>Playwright, and plain runs in any open state.</summary>
    public static CancelPolicy Default { get; } = new(FrozenSet.Create(StringComparer.Ordinal, CheckTypes.Playwright));

    /// <summary>Why this run is left alone; null when it may be targeted.</summary>
    public SkipReason? WhyNot(Session session, Run run) => WhyNot(session.Kind, session.Source, run.Plan.CheckType, run.State);

    /// <summary>The same of any run of a type and in a state, in a session of a kind and from a source.</summary>
    public SkipReason? WhyNot(SessionKind kind, SessionSource source, string checkType, RunState state) => (kind, source) switch
    {
        _ when !state.IsOpen() => SkipReason.AlreadyFinished,
        (_, SessionSource.Scheduler) => SkipReason.Scheduled,
        (SessionKind.Run, _) => OnlyQueued && state is not RunState.Queued ? SkipReason.NotCancellable : null,
        _ => CancellableTypes.Contains(checkType) ? null : SkipReason.NotCancellable,
    };
}
