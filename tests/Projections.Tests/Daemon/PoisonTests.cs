using Ledger.Projections.Daemon;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

public sealed class PoisonTests : JournalTest
{
    [Fact]
    public async Task An_event_that_cannot_be_handled_stops_one_projection_visibly_and_alone()
    {
        await TriggerManyAsync(20);
        var daemon = await StartJournalsAsync("host", new Journal("healthy"), new Journal("sick") { FailsAt = 13 });

        (await daemon.WaitForHeadAsync("healthy", Patience)).ShouldBeTrue();
        var sick = await BecomeStoppedAsync(daemon);
        sick.Position.ShouldBe(12);
        sick.Lag.ShouldBe(8);
        sick.Stopped!.Position.ShouldBe(13);
        sick.Stopped.Error.ShouldBe("InvalidOperationException: This one is poison.");
        (await WrittenAsync("sick")).ShouldBe(Through(12));
        (await WrittenAsync("healthy")).ShouldBe(Through(20));
        (await StatusAsync(daemon, "healthy")).State.ShouldBe(ProjectionState.Running);
    }

    [Fact]
    public async Task Rows_that_the_database_refuses_stop_it_as_well()
    {
        await TriggerManyAsync(9);
        var daemon = await StartJournalsAsync("host", new Journal("sick") { RefusedAt = 4 });

        (await BecomeStoppedAsync(daemon)).Stopped!.Error.ShouldContain("division by zero");
        (await WrittenAsync("sick")).ShouldBe(Through(3));
    }

    [Fact]
    public async Task An_event_that_this_version_does_not_know_stops_it_as_well()
    {
        await TriggerManyAsync(6);
        await ScalarAsync<long>("with e as (update ledger.mt_events set type = 'something_new' where seq_id = 5 returning 1) select count(*) from e");
        var daemon = await StartJournalsAsync("host", new Journal("sick"));

        var sick = await BecomeStoppedAsync(daemon);
        sick.Stopped!.Position.ShouldBe(5);
        sick.Stopped.Error.ShouldContain("something_new");
        (await WrittenAsync("sick")).ShouldBe(Through(4));
    }

    [Fact]
    public async Task It_goes_on_when_it_is_told_to_try_again_by_whichever_host()
    {
        await TriggerManyAsync(5);
        var journal = new Journal("sick") { FailsAt = 2 };
        var daemon = await StartJournalsAsync("host", journal);
        await BecomeStoppedAsync(daemon);
        var other = await StartJournalsAsync("other", new Journal("sick"));
        (await StatusAsync(other, "sick")).State.ShouldBe(ProjectionState.Stopped);

        journal.FailsAt = null;
        (await other.RetryAsync("sick", "dana")).ShouldBeTrue();

        (await other.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await StatusAsync(other, "sick")).Stopped.ShouldBeNull();
        (await WrittenAsync("sick")).ShouldBe(Through(5));
        (await other.RetryAsync("sick", "dana")).ShouldBeFalse();
    }

    [Fact]
    public async Task It_goes_on_behind_the_event_when_it_is_told_to_leave_it_out_by_whichever_host_and_that_is_recorded()
    {
        await TriggerManyAsync(5);
        var daemon = await StartJournalsAsync("host", new Journal("sick") { FailsAt = 2 });
        await BecomeStoppedAsync(daemon);
        var other = await StartJournalsAsync("other", new Journal("sick"));

        (await other.SkipAsync("sick", 3, "the wrong one", "dana")).ShouldBeFalse();
        (await other.SkipAsync("sick", 2, "a test", "dana")).ShouldBeTrue();
        (await other.SkipAsync("sick", 2, "a test", "dana")).ShouldBeFalse();

        (await daemon.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe([1, 3, 4, 5]);
        var action = (await daemon.ActionsAsync("sick", 10)).ShouldHaveSingleItem();
        action.ShouldBe(new ProjectionAction(
            action.Number, "sick", "skip", "dana", action.At, 2, "InvalidOperationException: This one is poison.", "a test"));
    }

    [Fact]
    public async Task Every_attempt_is_recorded_newest_first()
    {
        await TriggerManyAsync(2);
        var daemon = await StartJournalsAsync("host", new Journal("sick") { FailsAt = 2 });
        for (var attempt = 0; attempt < 3; attempt++)
        {
            await BecomeStoppedAsync(daemon);
            (await daemon.RetryAsync("sick", $"dana {attempt}")).ShouldBeTrue();
        }

        (await daemon.ActionsAsync("sick", 2)).Select(action => action.Actor).ShouldBe(["dana 2", "dana 1"]);
        var oldest = (await daemon.ActionsAsync(10))["sick"].Last();
        (await daemon.ActionsAsync("sick", 10, before: oldest.Number + 1)).ShouldHaveSingleItem().Actor.ShouldBe("dana 0");
    }

    [Fact]
    public async Task It_tries_again_when_the_host_is_started_again()
    {
        await TriggerManyAsync(5);
        var before = await StartJournalsAsync("before", new Journal("sick") { FailsAt = 2 });
        await BecomeStoppedAsync(before);
        await before.DisposeAsync();

        var after = await StartJournalsAsync("after", new Journal("sick"));

        (await after.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await StatusAsync(after, "sick")).Stopped.ShouldBeNull();
    }

    [Fact]
    public async Task A_projection_that_requires_a_stopped_one_waits_for_it()
    {
        await TriggerManyAsync(3);
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();
        var sick = new Journal("sick") { FailsAt = 2 };
        var follower = new Follower("sick");
        var daemon = await StartDaemonAsync(Brisk, sick, follower);
        await BecomeStoppedAsync(daemon);
        (await daemon.WaitForAsync("follower", 2, TimeSpan.FromMilliseconds(200))).ShouldBeFalse();

        sick.FailsAt = null;
        await daemon.RetryAsync("sick", "dana");

        (await daemon.WaitForHeadAsync("follower", Patience)).ShouldBeTrue();
    }

    private static Task<ProjectionStatus> BecomeStoppedAsync(ProjectionDaemon daemon) =>
        Eventually.Become(() => StatusAsync(daemon, "sick"), status => status.State is ProjectionState.Stopped);
}
