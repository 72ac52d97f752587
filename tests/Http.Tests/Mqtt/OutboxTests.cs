using Ledger.Http.Mqtt.Connections;

namespace Ledger.Http.Tests.Mqtt;

public sealed class OutboxTests
{
    private int cutOffs;

    [Fact]
    public async Task Everything_is_sent_in_order_before_the_end()
    {
        var outbox = new Outbox(() => cutOffs++);
        outbox.Offer(new byte[] { 1 });
        outbox.Offer([new byte[] { 2 }, new byte[] { 3 }]);
        outbox.Offer(new byte[] { 4 });
        outbox.Complete();
        outbox.Offer(new byte[] { 5 });

        (await SendAllAsync(outbox)).ShouldBe([1, 2, 3, 4]);
        cutOffs.ShouldBe(0);
    }

    [Fact]
    public void A_client_that_does_not_keep_up_is_cut_off()
    {
        var outbox = new Outbox(() => cutOffs++);

        for (var offered = 0; cutOffs == 0; offered++)
        {
            offered.ShouldBeLessThan(Outbox.Capacity / 1000, "The bound is in bytes.");
            outbox.Offer(new byte[1000]);
        }
    }

    [Fact]
    public async Task What_is_made_while_it_is_sent_takes_no_room()
    {
        var outbox = new Outbox(() => cutOffs++);
        outbox.Offer(Enumerable.Range(0, 5_000).Select(_ => (ReadOnlyMemory<byte>)new byte[1000]));
        outbox.Complete();

        (await SendAllAsync(outbox)).Count.ShouldBe(5_000);
        cutOffs.ShouldBe(0);
    }

    [Fact]
    public async Task Room_comes_back_with_what_was_sent()
    {
        var outbox = new Outbox(() => cutOffs++);
        var sent = 0;
        var sending = outbox.SendAllAsync(_ =>
        {
            Interlocked.Increment(ref sent);
            return ValueTask.CompletedTask;
        });

        for (var offered = 1; offered <= 30; offered++)
        {
            outbox.Offer(new byte[100_000]);
            await Support.Eventually.Become(() => Volatile.Read(ref sent) == offered);
        }

        outbox.Complete();
        await sending;
        cutOffs.ShouldBe(0);
    }

    private static async Task<List<byte>> SendAllAsync(Outbox outbox)
    {
        var sent = new List<byte>();
        await outbox.SendAllAsync(packet =>
        {
            sent.Add(packet.Span[0]);
            return ValueTask.CompletedTask;
        });
        return sent;
    }
}
