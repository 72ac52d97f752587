using Ledger.Projections.Daemon;

namespace Ledger.Projections.Tests.Daemon;

public sealed class BatchSizeTests
{
    private readonly BatchSize batch = new(usual: 10, largest: 35);

    [Fact]
    public void It_grows_while_there_is_more_and_falls_back_at_the_end()
    {
        var sizes = new List<int> { batch.Next };
        foreach (var isBehind in (bool[])[true, true, true, false])
        {
            batch.Written(isBehind);
            sizes.Add(batch.Next);
        }

        sizes.ShouldBe([10, 20, 35, 35, 10]);
    }

    [Fact]
    public void What_is_read_ahead_is_what_comes_next()
    {
        var ahead = batch.AfterNext;
        batch.Written(isBehind: true);

        batch.Next.ShouldBe(ahead);
    }

    [Fact]
    public void A_batch_that_fails_is_halved_until_it_is_a_single_event()
    {
        batch.Failed(10).ShouldBeTrue();
        batch.Next.ShouldBe(5);
        batch.Failed(5).ShouldBeTrue();
        batch.Failed(2).ShouldBeTrue();
        batch.Next.ShouldBe(1);
        batch.Failed(1).ShouldBeFalse();
    }
}
