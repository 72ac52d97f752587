using Ledger.Projections.Daemon;
using Ledger.Support;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

public sealed class OwnershipTests : JournalTest
{
    [Fact]
    public async Task Of_two_hosts_one_owns_a_projection_and_both_know_where_it_stands()
    {
        var first = await StartJournalsAsync("first", new Journal("journal"));
        await Eventually.Become(async () => (await StatusAsync(first, "journal")).State is ProjectionState.Running);
        var second = await StartJournalsAsync("second", new Journal("journal"));
        await TriggerManyAsync(5);

        (await second.WaitForAsync("journal", 5, Patience)).ShouldBeTrue();
        var seenByOwner = await StatusAsync(first, "journal");
        seenByOwner.ShouldBe(new ProjectionStatus("journal", 1, 5, 0, ProjectionState.Running, "first", null)
        {
            Head = 5,
            UpdatedAt = seenByOwner.UpdatedAt,
            PerSecond = seenByOwner.PerSecond,
        });
        seenByOwner.UpdatedAt.ShouldNotBeNull();
        (await StatusAsync(second, "journal")).ShouldBe(seenByOwner with { State = ProjectionState.Standby, PerSecond = null });
    }

    [Fact]
    public async Task The_other_host_takes_over_when_the_owner_stops()
    {
        var first = await StartJournalsAsync("first", new Journal("journal"));
        await TriggerManyAsync(3);
        (await first.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        var second = await StartJournalsAsync("second", new Journal("journal"));

        await first.DisposeAsync();
        await TriggerManyAsync(3);

        (await second.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await StatusAsync(second, "journal")).Owner.ShouldBe("second");
        (await WrittenAsync("journal")).ShouldBe(Through(6));
    }

    [Fact]
    public async Task A_killed_connection_costs_the_ownership_and_no_event()
    {
        var daemons = new[]
        {
            await StartJournalsAsync("first", new Journal("journal")), await StartJournalsAsync("second", new Journal("journal")),
        };
        for (var round = 1; round <= 10; round++)
        {
            await TriggerManyAsync(2);
            await Eventually.Become(async () => await KillOwnersAsync() > 0);
            await TriggerManyAsync(1);
            (await daemons[round % 2].WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        }

        (await WrittenAsync("journal")).ShouldBe(Through(30));
        (await ScalarAsync<long>("select epoch from ledger.projections where name = 'journal:1'")).ShouldBeGreaterThanOrEqualTo(10);
    }

    [Fact]
    public async Task The_write_of_an_owner_that_was_replaced_is_refused_rows_and_all()
    {
        await StartJournalsAsync("nobody");
        await using var stale = (await TakeAsync("stale")).ShouldNotBeNull();
        await ReplaceOwnerAsync();

        await Should.ThrowAsync<StaleOwnerException>(() => stale.CommitAsync(0, 1, [Write(1)], default));
        (await WrittenAsync("journal")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_write_that_does_not_go_on_from_the_checkpoint_is_refused_rows_and_all()
    {
        await StartJournalsAsync("nobody");
        await using var owner = (await TakeAsync("owner")).ShouldNotBeNull();
        await owner.CommitAsync(0, 1, [Write(1)], default);

        await Should.ThrowAsync<StaleOwnerException>(() => owner.CommitAsync(0, 2, [Write(2)], default));
        (await WrittenAsync("journal")).ShouldBe([1]);
    }

    [Fact]
    public async Task While_one_holds_a_projection_nobody_else_gets_it_and_afterwards_anybody_does()
    {
        await using (await TakeAsync("first"))
        {
            (await TakeAsync("second")).ShouldBeNull();
        }

        await using var later = await TakeAsync("second");
        later.ShouldNotBeNull();
    }

    [Fact]
    public async Task A_host_that_was_replaced_steps_down_and_loses_or_repeats_nothing()
    {
        var daemon = await StartJournalsAsync("host", new Journal("journal"));
        await TriggerManyAsync(2);
        (await daemon.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();

        await ReplaceOwnerAsync();
        await TriggerManyAsync(2);

        (await daemon.WaitForHeadAsync("journal", Patience)).ShouldBeTrue();
        (await WrittenAsync("journal")).ShouldBe(Through(4));
        (await ScalarAsync<long>("select epoch from ledger.projections where name = 'journal:1'")).ShouldBe(3);
    }

    [Fact]
    public async Task Commits_of_events_stay_durable_on_connections_that_the_daemon_has_used()
    {
        await StartJournalsAsync("nobody");
        await using var owner = (await TakeAsync("owner")).ShouldNotBeNull();
        await owner.CommitAsync(0, 1, [Write(1)], default);

        await using var command = new NpgsqlCommand("show synchronous_commit", owner.Connection);
        (await command.ExecuteScalarAsync()).ShouldBe("on");
    }

    private Task<object> ReplaceOwnerAsync() => ScalarAsync<object>(
        "select ledger.take_projection('journal:1', 'usurper', '10 s', false)");

    private Task<Ownership?> TakeAsync(string owner) =>
        Ownership.TryTakeAsync(DataSource, new Journal("journal"), Brisk with { Owner = owner }, default);

    private static NpgsqlBatchCommand Write(long position) => new($"insert into ledger.journal values ('journal', {position})");
}
