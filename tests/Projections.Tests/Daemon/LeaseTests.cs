using Ledger.Projections.Daemon;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>An owner that stands still is replaced, and refused when it goes on (docs/domain.md#p13).</summary>
public sealed class LeaseTests : JournalTest
{
    private static readonly TimeSpan Brief = TimeSpan.FromMilliseconds(400);

    [Fact]
    public async Task An_owner_that_stands_still_is_replaced_when_its_lease_has_run_out_and_stands_by_when_it_goes_on()
    {
        // Its clock stands still, and with it all that it does on its own.
        var paused = await StartAsync("paused", new Journal("journal"), Clock);
        await Eventually.Become(async () => (await StatusAsync(paused, "journal")).State is ProjectionState.Running);
        var other = await StartAsync("other", new Journal("journal"));
        await TriggerManyAsync(3);

        (await other.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await StatusAsync(other, "journal")).Owner.ShouldBe("other");

        await Eventually.Become(async () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return (await StatusAsync(paused, "journal")).State is ProjectionState.Standby;
        });
        await TriggerManyAsync(3);
        (await other.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await WrittenAsync("journal")).ShouldBe(Through(6));
    }

    [Fact]
    public async Task An_owner_with_nothing_to_do_keeps_its_lease()
    {
        var idle = await StartAsync("idle", new Journal("journal"));
        await TriggerManyAsync(1);
        (await idle.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        await StartAsync("other", new Journal("journal"));

        var until = await LeaseAsync();
        for (var renewal = 0; renewal < 8; renewal++)
        {
            var last = until;
            until = await Eventually.Become(() => LeaseAsync(), lease => lease > last);
        }

        (await StatusAsync(idle, "journal")).Owner.ShouldBe("idle");
        (await ScalarAsync<long>("select epoch from ledger.projections where name = 'journal:1'")).ShouldBe(1);
    }

    [Fact]
    public async Task An_owner_that_works_long_on_one_batch_keeps_its_lease()
    {
        var slow = new SlowReaction();
        var working = await StartAsync("working", slow);
        await TriggerManyAsync(1);
        await slow.Begun.Task.WaitAsync(Patience);
        await StartAsync("other", new SlowReaction());

        var until = await LeaseAsync("slow:1");
        await Eventually.Become(() => LeaseAsync("slow:1"), lease => lease > until + Brief * 2);
        slow.GoOn.SetResult();

        (await working.WaitForAsync("slow", 1, Patience)).ShouldBeTrue();
        (await StatusAsync(working, "slow")).Owner.ShouldBe("working");
    }

    [Fact]
    public async Task Whoever_holds_the_lock_and_has_renewed_in_time_is_left_alone()
    {
        await StartJournalsAsync("nobody");
        await using var owner = (await Ownership.TryTakeAsync(DataSource, new Journal("journal"), Brisk, default)).ShouldNotBeNull();

        (await ScalarAsync<bool>("select ledger.evict_stale_owner('journal:1', 'ledger projection journal')")).ShouldBeFalse();
        await owner.CommitAsync(0, 1, [], default);
    }

    [Fact]
    public async Task A_lock_is_taken_from_a_holder_that_has_been_silent_and_from_no_other()
    {
        await using var silent = (await AdvisoryLock.TryTakeAsync(DataSource, "some lock", default)).ShouldNotBeNull();

        (await AdvisoryLock.TryTakeAsync(DataSource, "some lock", TimeSpan.FromMinutes(1), default)).ShouldBeNull();

        await using var next = await Eventually.Become(
            () => AdvisoryLock.TryTakeAsync(DataSource, "some lock", TimeSpan.FromMilliseconds(50), default), taken => taken is not null);
    }

    private Task<DateTime> LeaseAsync(string checkpoint = "journal:1") =>
        ScalarAsync<DateTime>($"select lease_until from ledger.projections where name = '{checkpoint}'");

    private async Task<ProjectionDaemon> StartAsync(string owner, Projection projection, TimeProvider? clock = null)
    {
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();
        var daemon = Keep(new ProjectionDaemon(
            [projection], Store, subscribe: null, DataSource, Brisk with { Owner = owner, Lease = Brief }, clock));
        await daemon.StartAsync();
        return daemon;
    }
}
