using System.Collections.Frozen;

namespace Ledger.Projections.AlertChannels;

/// <summary>The names of the events that a channel may ask for: Checkly's types of alert, written as the webhook convention writes types.</summary>
public static class AlertEvents
{
    /// <summary>What a channel is sent to try it out. No channel asks for it.</summary>
    public const string Test = "alert.test";

    /// <summary>All that a channel may ask for.</summary>
    public static FrozenSet<string> Known { get; } = FrozenSet.Create(
        StringComparer.Ordinal,
        "alert.failure",
        "alert.failure_remain",
        "alert.failure_degraded",
        "alert.recovery",
        "alert.degraded",
        "alert.degraded_remain",
        "alert.degraded_failure",
        "alert.degraded_recovery");
}
