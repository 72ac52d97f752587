using Ledger.Sessions;

namespace Ledger.Tests.Sessions;

/// <summary>
/// The two rules of the product (docs/domain.md#rule-7). What follows from them for alerts, incidents, check status, metrics and run days is
/// shown where those are tested.
/// </summary>
public sealed class CancelledRunsTests
{
    private static readonly RunState[] Ends = [.. Enum.GetValues<RunState>().Where(state => !new Run(Checkout.Plan(Checkout.A), state).IsOpen)];

    [Fact]
    public void A_cancelled_run_alerts_nobody_and_every_other_may() =>
        Ends.Where(end => !end.MayAlert()).ShouldBe([RunState.Cancelled]);

    [Fact]
    public void A_cancelled_run_stands_in_no_ratio_and_every_other_does() =>
        Ends.Where(end => !end.Counts()).ShouldBe([RunState.Cancelled]);
}
