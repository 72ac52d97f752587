using Ledger.Projections.CheckResults;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Projections.Rebuild;
using Ledger.Projections.SessionList;
using Ledger.Support;

namespace Ledger.Projections.Tests.Rebuild;

public sealed class RebuildLifeTests : RebuildTest
{
    [Fact]
    public async Task The_old_rows_are_kept_until_they_are_discarded_or_replaced_by_the_next()
    {
        var daemon = await StartAllAsync();
        await LiveAsync(1);
        await CatchUpAsync(daemon);
        (await daemon.Operations.DiscardAsync(CheckResultsReader.ProjectionName, "dana")).ShouldBe(RebuildRequest.Nothing);
        for (var time = 0; time < 2; time++)
        {
            await daemon.Operations.RebuildAsync(CheckResultsReader.ProjectionName, "dana");
            (await EndAsync(daemon, CheckResultsReader.ProjectionName)).KeepsOld.ShouldBeTrue();
            (await ScalarAsync<long>("select count(*) from ledger_old_check_results.check_results")).ShouldBeGreaterThanOrEqualTo(0);
        }

        (await daemon.Operations.DiscardAsync(CheckResultsReader.ProjectionName, "erin")).ShouldBe(RebuildRequest.Accepted);

        (await SchemasAsync()).ShouldBe(0);
        (await daemon.StatusAsync(CheckResultsReader.ProjectionName)).Rebuild!.KeepsOld.ShouldBeFalse();
        (await daemon.Operations.DiscardAsync(CheckResultsReader.ProjectionName, "erin")).ShouldBe(RebuildRequest.Nothing);
        (await daemon.Operations.ActionsAsync(CheckResultsReader.ProjectionName, 10)).Select(action => (action.Action, action.Actor)).ShouldBe(
        [
            ("discard", "erin"), ("rebuilt", "dana"), ("rebuild", "dana"), ("rebuilt", "dana"), ("rebuild", "dana"),
        ]);
    }

    [Fact]
    public async Task The_rebuilt_tables_are_as_those_that_the_schema_makes_indexes_and_all()
    {
        var daemon = await StartAllAsync();
        await LiveAsync(1);
        var before = await IndexesAsync();
        foreach (var projection in RegisteredProjections.All)
        {
            await daemon.Operations.RebuildAsync(projection.Name, "dana");
            await EndAsync(daemon, projection.Name);
        }

        (await IndexesAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task One_rebuild_of_a_projection_is_under_way_at_a_time()
    {
        var daemon = await StartAllAsync();
        await LiveAsync(1);
        await CatchUpAsync(daemon);

        // Held back: another host has the work, and does nothing.
        await using (await Eventually.Become(
            () => WorkLease.TryTakeAsync(DataSource, ReadModelShard.Shard, default), lease => lease is not null))
        {
            (await daemon.Operations.RebuildAsync(OpenRunsReader.ProjectionName, "dana")).ShouldBe(RebuildRequest.Accepted);
            (await daemon.Operations.RebuildAsync(OpenRunsReader.ProjectionName, "dana")).ShouldBe(RebuildRequest.UnderWay);
            (await daemon.Operations.DiscardAsync(OpenRunsReader.ProjectionName, "dana")).ShouldBe(RebuildRequest.UnderWay);
        }

        (await EndAsync(daemon, OpenRunsReader.ProjectionName)).State.ShouldBe(RebuildState.Done);
    }

    [Fact]
    public async Task A_rebuild_whose_host_is_killed_again_and_again_goes_on_and_ends_with_equal_rows()
    {
        await Task.WhenAll(Enumerable.Range(0, 60).Select(LiveAsync));
        var daemons = new[] { await StartAllAsync(), await StartAllAsync() };
        await CatchUpAsync(daemons[0]);
        foreach (var projection in RegisteredProjections.All)
        {
            await daemons[0].Operations.RebuildAsync(projection.Name, "dana");
            for (var kill = 0; kill < 5; kill++)
            {
                await KillDaemonsAsync();
                await LiveAsync(100 + kill);
            }

            var rebuilt = await EndAsync(daemons[1], projection.Name);
            rebuilt.Differences.ShouldBe(0, $"{projection.Name} {rebuilt.Error}");
        }

        await ShouldEqualARecomputationAsync(daemons[1]);
    }

    [Fact]
    public async Task An_event_that_cannot_be_handled_fails_the_rebuild_with_its_position_and_leaves_what_served()
    {
        var daemon = await StartAllAsync();
        await LiveAsync(1);
        await CatchUpAsync(daemon);
        await ExecuteAsync("update ledger.mt_events set data = '[]' where seq_id = 1");

        await daemon.Operations.RebuildAsync(SessionListReader.ProjectionName, "dana");

        var failed = await EndAsync(daemon, SessionListReader.ProjectionName);
        failed.State.ShouldBe(RebuildState.Failed);
        failed.Error!.ShouldContain("position 1");
        (await SchemasAsync()).ShouldBe(0);
        (await ScalarAsync<long>("select count(*) from ledger.session_list")).ShouldBe(1);
        (await daemon.Operations.ActionsAsync(SessionListReader.ProjectionName, 1)).ShouldHaveSingleItem().Action.ShouldBe("rebuildFailed");
    }

    private Task<long> SchemasAsync() => ScalarAsync<long>(
        "select count(*) from pg_namespace where nspname like 'ledger\\_rebuild\\_%' or nspname like 'ledger\\_old\\_%'");

    private Task<string> IndexesAsync() => ScalarAsync<string>(
        "select string_agg(indexdef, E'\\n' order by indexdef) from pg_indexes where schemaname = 'ledger'");
}
