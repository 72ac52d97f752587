using Ledger.Http.AlertChannels.Sending;
using Ledger.Http.Settings;

namespace Ledger.Http.Tests.AlertChannels;

public sealed class RetryPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void The_pauses_grow_as_the_convention_suggests_and_then_it_is_given_up()
    {
        var plan = new RetryPlan(new WebhookSettings().Pauses, () => 0);

        Enumerable.Range(1, 10).Select(attempts => plan.Next(attempts, Now, null) - Now).ShouldBe(
        [
            TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(5),
            TimeSpan.FromHours(10), TimeSpan.FromHours(14), TimeSpan.FromHours(20), TimeSpan.FromHours(24), null,
        ]);
    }

    [Theory]
    [InlineData(0, 10_000)]
    [InlineData(0.5, 11_000)]
    [InlineData(1, 12_000)]
    public void Jitter_makes_a_pause_longer_by_a_fifth_at_most(double random, double milliseconds) =>
        (new RetryPlan([TimeSpan.FromSeconds(10)], () => random).Next(1, Now, null) - Now)!.Value.TotalMilliseconds
            .ShouldBe(milliseconds, tolerance: 0.001);

    [Theory]
    [InlineData(120, 120)]
    [InlineData(-5, 0)]
    [InlineData(1_000_000, 86_400)]
    public void What_the_receiver_asks_for_counts_instead_within_a_day(int asked, int granted) =>
        new RetryPlan([TimeSpan.FromSeconds(10)], () => 0).Next(1, Now, TimeSpan.FromSeconds(asked))
            .ShouldBe(Now + TimeSpan.FromSeconds(granted));

    [Fact]
    public void A_receiver_that_asks_for_more_time_again_and_again_is_given_up_too() =>
        new RetryPlan([TimeSpan.FromSeconds(10)], () => 0).Next(2, Now, TimeSpan.FromSeconds(1)).ShouldBeNull();
}
