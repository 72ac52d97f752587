using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Projections.SessionList;
using Npgsql;

namespace Ledger.Projections.Tests.Rebuild;

/// <summary>A rebuilt projection equals the live one, row by row, at any cut (docs/domain.md#p8).</summary>
public sealed class RebuiltEqualsLiveTests : RebuildTest
{
    [Fact]
    public async Task Every_projection_rebuilt_while_sessions_go_on_equals_the_one_that_serves()
    {
        RegisteredProjections.All.Count.ShouldBeGreaterThanOrEqualTo(4);
        var daemon = await StartAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 40).Select(LiveAsync));
        using var stop = new CancellationTokenSource();
        var lives = LiveOnAsync(1_000, stop.Token);
        for (var round = 0; round < 2; round++)
        {
            foreach (var projection in RegisteredProjections.All)
            {
                (await daemon.Operations.RebuildAsync(projection.Name, "dana")).ShouldBe(RebuildRequest.Accepted);
                var rebuilt = await EndAsync(daemon, projection.Name);
                rebuilt.State.ShouldBe(RebuildState.Done, rebuilt.Error);
                rebuilt.Differences.ShouldBe(0, projection.Name);
            }
        }

        await stop.CancelAsync();
        await lives;
        await ShouldEqualARecomputationAsync(daemon);
        await CatchUpAsync(daemon);
    }

    [Fact]
    public async Task Rows_do_not_depend_on_how_events_fall_into_batches()
    {
        var slow = await StartAllAsync(batchSize: 3);
        await Task.WhenAll(Enumerable.Range(500, 40).Select(LiveAsync));
        await CatchUpAsync(slow);
        await slow.DisposeAsync();
        var wholesale = await StartAllAsync(batchSize: 10_000);

        foreach (var projection in RegisteredProjections.All)
        {
            await wholesale.Operations.RebuildAsync(projection.Name, "dana");
            var rebuilt = await EndAsync(wholesale, projection.Name);
            rebuilt.Differences.ShouldBe(0, $"{projection.Name} {rebuilt.Error}");
        }
    }

    [Fact]
    public async Task Rows_that_are_wrong_are_reported_and_healed_in_every_table()
    {
        var daemon = await StartAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 30).Select(LiveAsync));
        await CatchUpAsync(daemon);
        foreach (var projection in RegisteredProjections.All)
        {
            foreach (var table in ProjectionTables.Of(projection).Names)
            {
                var lost = await ScalarAsync<long>($"with gone as (delete from ledger.{table} returning 1) select count(*) from gone");
                await daemon.Operations.RebuildAsync(projection.Name, "dana");
                (await EndAsync(daemon, projection.Name)).Differences.ShouldBe(lost, table);
                (await ScalarAsync<long>($"select count(*) from ledger.{table}")).ShouldBe(lost, table);
            }
        }

        await ShouldEqualARecomputationAsync(daemon);
    }

    [Fact]
    public async Task A_wrong_value_counts_on_both_sides_and_is_healed()
    {
        var daemon = await StartAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(LiveAsync));
        await CatchUpAsync(daemon);
        await ExecuteAsync("update ledger.session_list set passed = passed + 7 where number = 1");

        await daemon.Operations.RebuildAsync(SessionListReader.ProjectionName, "dana");

        (await EndAsync(daemon, SessionListReader.ProjectionName)).Differences.ShouldBe(2);
        await ShouldEqualARecomputationAsync(daemon);
    }

    private async Task LiveOnAsync(int seed, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await LiveAsync(seed++);
        }
    }

    [Fact]
    public async Task Prepared_statements_of_readers_survive_the_switch()
    {
        var daemon = await StartAllAsync();
        await Task.WhenAll(Enumerable.Range(0, 10).Select(LiveAsync));
        await CatchUpAsync(daemon);
        await using var connection = await DataSource.OpenConnectionAsync();
        await using var reader = new NpgsqlCommand("select count(*) from ledger.session_list where account_id = $1", connection)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = Account } },
        };
        await reader.PrepareAsync();
        var before = await reader.ExecuteScalarAsync();
        await daemon.Operations.RebuildAsync(SessionListReader.ProjectionName, "dana");
        while ((await daemon.StatusAsync(SessionListReader.ProjectionName)).Rebuild is not { State: RebuildState.Done })
        {
            (await reader.ExecuteScalarAsync()).ShouldBe(before);
        }

        await LiveAsync(77);
        await CatchUpAsync(daemon);
        (await reader.ExecuteScalarAsync()).ShouldBe((long)before! + 1);
    }
}
