using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Projections.SessionList;
using Ledger.Projections.Tests.Support;
using Ledger.Support;

namespace Ledger.Projections.Tests.Rebuild;

/// <summary>What was skipped once is skipped for ever.</summary>
public sealed class SkippedEventTests : RebuildTest
{
    [Fact]
    public async Task An_event_that_a_model_was_told_to_leave_out_is_left_out_when_the_model_is_rebuilt()
    {
        var unreadable = await TriggerAsync(Some.Session(Account));
        var counted = await TriggerAsync(Some.Session(Account));
        await ScalarAsync<long>($"""update ledger.mt_events set data = '"no event"' where seq_id = {unreadable.LastPosition} returning seq_id""");
        var daemon = await StartAllAsync();
        await TriggerAsync(Some.Session(Account));
        await Eventually.Become(
            () => daemon.StatusAsync(SessionListReader.ProjectionName), status => status.State is ProjectionState.Stopped);

        foreach (var model in await daemon.Operations.StatusAsync())
        {
            await Eventually.Become(() => daemon.StatusAsync(model.Name), status => status.State is not ProjectionState.CatchingUp);
            if ((await daemon.StatusAsync(model.Name)).State is ProjectionState.Stopped)
            {
                (await daemon.Operations.SkipAsync(model.Name, unreadable.LastPosition, "not readable", "dana")).ShouldBeTrue();
            }
        }

        await CatchUpAsync(daemon);
        await daemon.Operations.RebuildAsync(SessionListReader.ProjectionName, "dana");
        var rebuilt = await EndAsync(daemon, SessionListReader.ProjectionName);

        rebuilt.State.ShouldBe(RebuildState.Done, rebuilt.Error);
        rebuilt.Differences.ShouldBe(0);
        (await ScalarAsync<long>("select count(*) from ledger.session_list")).ShouldBe(2);

        // One that was counted, and can be read no more.
        await ScalarAsync<long>($"""update ledger.mt_events set data = '"no event"' where seq_id = {counted.LastPosition} returning seq_id""");
        await daemon.Operations.RebuildAsync(SessionListReader.ProjectionName, "dana");
        var refused = await EndAsync(daemon, SessionListReader.ProjectionName);
        refused.State.ShouldBe(RebuildState.Failed);
        refused.Error!.ShouldContain($"position {counted.LastPosition}");
        (await ScalarAsync<long>("select count(*) from ledger.session_list")).ShouldBe(2);
    }
}
