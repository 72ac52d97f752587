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
    public SkipReason? WhyNot(Session session, Run run) => (session, run) switch
    {
        (_, { IsOpen: false }) => SkipReason.AlreadyFinished,
        ({ Source: SessionSource.Scheduler }, _) => SkipReason.Scheduled,
        ({ Kind: SessionKind.Run }, _) => OnlyQueued && run.State is not RunState.Queued ? SkipReason.NotCancellable : null,
        _ => CancellableTypes.Contains(run.Plan.CheckType) ? null : SkipReason.NotCancellable,
    };
}
