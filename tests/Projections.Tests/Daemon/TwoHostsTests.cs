using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>Two hosts that both believe to keep the read models: what one has counted the other cannot count again (docs/domain.md#p13).</summary>
public sealed class TwoHostsTests : JournalTest
{
    [Fact]
    public async Task Nothing_is_counted_twice_or_left_out_while_both_go_through_the_same_events()
    {
        var hosts = new[]
        {
            await StartJournalsAsync("first", new Journal("journal")), await StartJournalsAsync("second", new Journal("journal")),
        };
        for (var round = 1; round <= 10; round++)
        {
            await TriggerManyAsync(3);
            (await hosts[round % 2].WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        }

        (await WrittenAsync("journal")).ShouldBe(Through(30));
    }

    [Fact]
    public async Task Nor_while_pages_without_any_of_their_events_lie_between()
    {
        var hosts = new[]
        {
            await StartJournalsAsync("first", new Journal("journal")), await StartJournalsAsync("second", new Journal("journal")),
        };
        var triggered = new List<long>();
        for (var round = 1; round <= 20; round++)
        {
            var session = await TriggerAsync(Some.Session(Guid.NewGuid()));
            triggered.Add(session.LastPosition);
            await StartRunAsync(await ClaimAsync(session, "runner-1"), "runner-1");
            (await hosts[round % 2].WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        }

        (await WrittenAsync("journal")).ShouldBe(triggered);
    }

    [Fact]
    public async Task A_page_with_events_of_several_accounts_is_one_page()
    {
        var triggered = new List<long>();
        var accounts = new[] { Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid() };
        for (var n = 0; n < 25; n++)
        {
            triggered.Add((await TriggerAsync(Some.Session(accounts[n % 3]))).LastPosition);
        }

        var sick = new Journal("sick") { FailsAt = triggered[12] };
        var host = await StartJournalsAsync("host", new Journal("journal"), sick);

        (await host.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        await Eventually.Become(() => host.StatusAsync("sick"), status => status.Stopped?.Position == triggered[12]);
        (await WrittenAsync("sick")).ShouldBe(triggered[..12]);
        sick.FailsAt = null;
        await host.Operations.RetryAsync("sick", "dana");
        (await host.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe(triggered);
        (await WrittenAsync("journal")).ShouldBe(triggered);
    }

    [Fact]
    public async Task Killed_connections_cost_no_event_and_repeat_none()
    {
        var hosts = new[]
        {
            await StartJournalsAsync("first", new Journal("journal")), await StartJournalsAsync("second", new Journal("journal")),
        };
        for (var round = 1; round <= 10; round++)
        {
            await TriggerManyAsync(2);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
            await TriggerManyAsync(1);
            await Eventually.Become(() => hosts[round % 2].WaitForHeadAsync("journal", Recovery), Recovery);
        }

        (await WrittenAsync("journal")).ShouldBe(Through(30));
    }

    [Fact]
    public async Task The_other_host_goes_on_when_one_stops_and_the_status_says_who_keeps_them()
    {
        var first = await StartJournalsAsync("first", new Journal("journal"));
        await TriggerManyAsync(3);
        (await first.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        var kept = await first.StatusAsync("journal");
        kept.ShouldBe(new ProjectionStatus("journal", 1, 3, 0, ProjectionState.Running, "first", null)
        {
            Head = 3,
            UpdatedAt = kept.UpdatedAt.ShouldNotBeNull(),
        });

        var second = await StartJournalsAsync("second", new Journal("journal"));
        (await second.StatusAsync("journal")).ShouldBe(kept with { State = ProjectionState.Standby });
        await first.DisposeAsync();
        await TriggerManyAsync(3);

        (await second.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await second.StatusAsync("journal")).Owner.ShouldBe("second");
        (await WrittenAsync("journal")).ShouldBe(Through(6));
    }

    [Fact]
    public async Task What_Marten_takes_for_the_checkpoint_of_the_read_models_counts_nothing_twice()
    {
        await using (var host = await StartJournalsAsync("host", new Journal("journal")))
        {
            await TriggerManyAsync(3);
            (await host.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        }

        // As when a host is killed between its last page and the end of the range that Marten has given it.
        await ScalarAsync<long>("update ledger.mt_event_progression set last_seq_id = 1 where name = 'ReadModels:All' returning last_seq_id");
        await TriggerManyAsync(3);
        var other = await StartJournalsAsync("other", new Journal("journal"));

        (await other.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await WrittenAsync("journal")).ShouldBe(Through(6));
        other.Faults.ShouldBeEmpty();
    }

    [Fact]
    public async Task Hosts_of_two_releases_live_side_by_side_and_each_keeps_what_it_has()
    {
        var older = await StartJournalsAsync("older", new Journal("same"), new Journal("changed"), new Journal("dropped"));
        await TriggerManyAsync(10);
        (await older.WaitForHeadAsync("changed", Patience)).ShouldBeTrue();

        var newer = await StartJournalsAsync("newer", new Journal("same"), new Journal("changed", version: 2), new Journal("added"));
        for (var round = 0; round < 5; round++)
        {
            await TriggerManyAsync(5);
            foreach (var model in (string[])["same", "changed", "added"])
            {
                (await newer.WaitForHeadAsync(model, Patience)).ShouldBeTrue(model);
            }

            (await older.WaitForHeadAsync("dropped", Patience)).ShouldBeTrue();
        }

        (await WrittenAsync("same")).ShouldBe(Through(35));
        (await WrittenAsync("changed 2")).ShouldBe(Through(35));
        (await WrittenAsync("added")).ShouldBe(Through(35));
        (await WrittenAsync("dropped")).ShouldBe(Through(35));
        older.Faults.ShouldBeEmpty();
        newer.Faults.ShouldBeEmpty();

        await older.DisposeAsync();
        await TriggerManyAsync(5);
        await Eventually.Become(async () => (await newer.StatusAsync("changed")).State is ProjectionState.Running);
        (await newer.WaitForHeadAsync("changed", Patience)).ShouldBeTrue();
        (await WrittenAsync("changed 2")).ShouldBe(Through(40));
    }
}
