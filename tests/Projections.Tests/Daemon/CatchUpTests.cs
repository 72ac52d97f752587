namespace Ledger.Projections.Tests.Daemon;

public sealed class CatchUpTests : JournalTest
{
    [Fact]
    public async Task A_projection_that_is_behind_takes_ever_larger_batches_although_it_reads_ahead()
    {
        await TriggerManyAsync(100);
        var journal = new Journal("behind");
        var daemon = await StartJournalsAsync(Brisk with { BatchSize = 5, LargestBatch = 40 }, journal);

        (await daemon.WaitForHeadAsync("behind", Patience)).ShouldBeTrue();
        journal.Batches.ShouldBe([5, 10, 20, 40, 25]);
        (await WrittenAsync("behind")).ShouldBe(Through(100));
    }
}
