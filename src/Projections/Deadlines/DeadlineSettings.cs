namespace Ledger.Projections.Deadlines;

/// <summary>How long a cancel may take before the ledger acts by itself (docs/domain.md#rule-8).</summary>
/// <param name="Acknowledge">From the request until the signal becomes an order to kill, unless it was acknowledged.</param>
/// <param name="Expire">From the request until the run is settled as cancelled without proof.</param>
public sealed record DeadlineSettings(TimeSpan Acknowledge, TimeSpan Expire)
{
    /// <summary>30 and 300 seconds.</summary>
    public static DeadlineSettings Default { get; } = new(TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(300));
}
