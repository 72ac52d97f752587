using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
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
        sick.Stopped.Message.ShouldBe("InvalidOperationException: This one is poison.");
        (await WrittenAsync("sick")).ShouldBe(Through(12));
        (await WrittenAsync("healthy")).ShouldBe(Through(20));
        (await daemon.StatusAsync("healthy")).State.ShouldBe(ProjectionState.Running);
    }

    [Fact]
    public async Task Rows_that_the_database_refuses_stop_it_as_well()
    {
        await TriggerManyAsync(9);
        var daemon = await StartJournalsAsync("host", new Journal("sick") { RefusedAt = 4 });

        (await BecomeStoppedAsync(daemon)).Stopped!.Message.ShouldContain("division by zero");
        (await WrittenAsync("sick")).ShouldBe(Through(3));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(10)] // A page of its own has no other event.
    public async Task An_event_whose_JSON_cannot_be_read_stops_it_as_well_and_can_be_left_out(long position)
    {
        await TriggerManyAsync(9);
        await TriggerAsync(Some.Session(Account));
        await ScalarAsync<long>($"""update ledger.mt_events set data = '"no event"' where seq_id = {position} returning seq_id""");
        var daemon = await StartJournalsAsync("host", new Journal("sick"));
        await TriggerManyAsync(2);

        var sick = await BecomeStoppedAsync(daemon);
        sick.Stopped!.Position.ShouldBe(position);
        sick.Stopped.Message.ShouldStartWith("UnreadableEventException: The event at position");
        (await WrittenAsync("sick")).ShouldBe(Through(position - 1));
        (await daemon.Operations.SkipAsync("sick", position, "not readable", "dana")).ShouldBeTrue();

        (await daemon.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe(Through(12).Where(written => written != position));
    }

    [Fact]
    public async Task An_event_that_cannot_be_read_and_is_the_last_one_of_all_stops_it_at_once()
    {
        await TriggerManyAsync(3);
        await ScalarAsync<long>("""update ledger.mt_events set data = '"no event"' where seq_id = 3 returning seq_id""");

        var daemon = await StartJournalsAsync("host", new Journal("sick"));

        (await BecomeStoppedAsync(daemon)).Stopped!.Position.ShouldBe(3);
        (await WrittenAsync("sick")).ShouldBe(Through(2));
    }

    [Fact]
    public async Task It_goes_on_when_it_is_told_to_try_again_by_whichever_host()
    {
        await TriggerManyAsync(5);
        var journal = new Journal("sick") { FailsAt = 2 };
        var daemon = await StartJournalsAsync("host", journal);
        await BecomeStoppedAsync(daemon);
        var other = await StartJournalsAsync("other", new Journal("sick"));
        (await other.StatusAsync("sick")).State.ShouldBe(ProjectionState.Stopped);

        journal.FailsAt = null;
        (await other.Operations.RetryAsync("sick", "dana")).ShouldBeTrue();

        (await other.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await other.StatusAsync("sick")).Stopped.ShouldBeNull();
        (await WrittenAsync("sick")).ShouldBe(Through(5));
        (await other.Operations.RetryAsync("sick", "dana")).ShouldBeFalse();
    }

    [Fact]
    public async Task It_goes_on_behind_the_event_when_it_is_told_to_leave_it_out_by_whichever_host_and_that_is_recorded()
    {
        await TriggerManyAsync(5);
        var daemon = await StartJournalsAsync("host", new Journal("sick") { FailsAt = 2 });
        await BecomeStoppedAsync(daemon);
        var other = await StartJournalsAsync("other", new Journal("sick"));

        (await other.Operations.SkipAsync("sick", 3, "the wrong one", "dana")).ShouldBeFalse();
        (await other.Operations.SkipAsync("sick", 2, "a test", "dana")).ShouldBeTrue();
        (await other.Operations.SkipAsync("sick", 2, "a test", "dana")).ShouldBeFalse();

        (await daemon.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe([1, 3, 4, 5]);
        var action = (await daemon.Operations.ActionsAsync("sick", 10)).ShouldHaveSingleItem();
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
            (await daemon.Operations.RetryAsync("sick", $"dana {attempt}")).ShouldBeTrue();
        }

        (await daemon.Operations.ActionsAsync("sick", 2)).Select(action => action.Actor).ShouldBe(["dana 2", "dana 1"]);
        var oldest = (await daemon.Operations.ActionsAsync(10))["sick"].Last();
        (await daemon.Operations.ActionsAsync("sick", 10, before: oldest.Number + 1)).ShouldHaveSingleItem().Actor.ShouldBe("dana 0");
    }

    [Fact]
    public async Task What_it_was_told_to_leave_out_is_left_out_by_whoever_catches_up_with_it_and_the_next_one_stops_it_again()
    {
        await TriggerManyAsync(30);
        var sick = new Journal("sick") { FailsAt = 2 };
        var daemon = await StartJournalsAsync("host", sick, new Journal("healthy"));
        await BecomeStoppedAsync(daemon);
        sick.FailsAt = 25;

        await daemon.Operations.SkipAsync("sick", 2, "a test", "dana");

        await Eventually.Become(() => daemon.StatusAsync("sick"), status => status.Stopped?.Position == 25);
        (await WrittenAsync("sick")).ShouldBe(Through(24).Except([2]));
        (await daemon.WaitForHeadAsync("healthy", Patience)).ShouldBeTrue();
        (await daemon.Operations.SkipAsync("sick", 25, "a test", "dana")).ShouldBeTrue();
        (await daemon.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe(Through(30).Except([2, 25]));
    }

    [Fact]
    public async Task It_stands_where_it_stopped_when_the_host_is_started_again()
    {
        await TriggerManyAsync(5);
        await using (var before = await StartJournalsAsync("before", new Journal("sick") { FailsAt = 2 }))
        {
            await BecomeStoppedAsync(before);
        }

        var after = await StartJournalsAsync("after", new Journal("sick"));

        (await after.StatusAsync("sick")).Stopped!.Position.ShouldBe(2);
        (await after.Operations.RetryAsync("sick", "dana")).ShouldBeTrue();
        (await after.WaitForHeadAsync("sick", Patience)).ShouldBeTrue();
        (await WrittenAsync("sick")).ShouldBe(Through(5));
    }

    [Fact]
    public async Task A_reaction_that_reads_a_stopped_one_waits_for_it()
    {
        await TriggerManyAsync(3);
        await using var command = DataSource.CreateCommand(Journal.Table);
        await command.ExecuteNonQueryAsync();
        var sick = new Journal("sick") { FailsAt = 2 };
        var daemon = await StartDaemonAsync("host", null, [sick], progress => new Follower("sick", progress, DataSource));
        await BecomeStoppedAsync(daemon);
        (await daemon.WaitForAsync("follower", 3, TimeSpan.FromMilliseconds(200))).ShouldBeFalse();

        sick.FailsAt = null;
        await daemon.Operations.RetryAsync("sick", "dana");

        (await daemon.WaitForHeadAsync("follower", Recovery)).ShouldBeTrue();
    }

    private static Task<ProjectionStatus> BecomeStoppedAsync(ReadModelHost daemon) =>
        Eventually.Become(() => daemon.StatusAsync("sick"), status => status.State is ProjectionState.Stopped);
}
