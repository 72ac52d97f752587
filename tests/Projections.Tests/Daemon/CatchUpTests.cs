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
}
