using Ledger.Projections.Daemon;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

public sealed class CatchUpTests : JournalTest
{
    [Fact]
    public async Task A_model_that_is_new_to_the_database_catches_up_apart_while_the_others_go_on()
    {
        await TriggerManyAsync(20);
        await using (var before = await StartJournalsAsync("before", new Journal("old")))
        {
            (await before.WaitForHeadAsync("old", Patience)).ShouldBeTrue();
        }

        var after = await StartJournalsAsync("after", new Journal("old"), new Journal("new"));
        await TriggerManyAsync(5);

        (await after.WaitForHeadAsync("old", Patience)).ShouldBeTrue();
        (await after.WaitForHeadAsync("new", Patience)).ShouldBeTrue();
        await Eventually.Become(async () => (await after.StatusAsync("new")).State is ProjectionState.Running);
        await TriggerManyAsync(5);
        (await after.WaitForHeadAsync("new", Patience)).ShouldBeTrue();
        (await WrittenAsync("old")).ShouldBe(Through(30));
        (await WrittenAsync("new")).ShouldBe(Through(30));
    }

    [Fact]
    public async Task Several_hosts_catch_up_with_it_once_although_their_connections_are_killed()
    {
        await TriggerManyAsync(20);
        await using (var before = await StartJournalsAsync("before", new Journal("old")))
        {
            (await before.WaitForHeadAsync("old", Patience)).ShouldBeTrue();
        }

        var first = await StartJournalsAsync("first", new Journal("old"), new Journal("new"));
        await StartJournalsAsync("second", new Journal("old"), new Journal("new"));
        for (var kill = 0; kill < 5; kill++)
        {
            await TriggerManyAsync(2);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        (await first.WaitForHeadAsync("new", Recovery)).ShouldBeTrue();
        (await first.WaitForHeadAsync("old", Recovery)).ShouldBeTrue();
        (await WrittenAsync("old")).ShouldBe(Through(30));
        (await WrittenAsync("new")).ShouldBe(Through(30));
    }

    [Fact]
    public async Task No_more_of_large_events_is_in_memory_at_once_than_a_page_of_so_many_bytes()
    {
        const int Megabyte = 1024 * 1024;
        const int Count = 100;
        await TriggerManyAsync(Count);
        await ScalarAsync<long>(
            $"""
            with large as (update ledger.mt_events set data = jsonb_set(data, '{"{name}"}', to_jsonb(repeat('x', {Megabyte}))) returning 1)
            select count(*) from large
            """);
        var journal = new Journal("journal");
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();

        var host = await StartDaemonAsync(2_000, journal);

        (await host.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await WrittenAsync("journal")).ShouldBe(Through(Count));
        journal.LargestPage.ShouldBeInRange(10, 16); // Of 16 MB.
    }

    [Fact]
    public async Task A_host_that_is_stopped_while_it_catches_up_ends_after_a_page_and_the_next_one_goes_on_there()
    {
        const int Count = 600;
        await TriggerManyAsync(Count);
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();
        await using (var first = await StartDaemonAsync("first", 1, [new Journal("journal")]))
        {
            (await first.WaitForAsync("journal", 1, Patience)).ShouldBeTrue();
        }

        (await WrittenAsync("journal")).Length.ShouldBeInRange(1, Count - 1);
        var second = await StartDaemonAsync(new Journal("journal"));

        (await second.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await WrittenAsync("journal")).ShouldBe(Through(Count));
    }
}
