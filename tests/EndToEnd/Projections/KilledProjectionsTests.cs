using Ledger.EndToEnd.Processes;
using Ledger.Support;
using Npgsql;

namespace Ledger.EndToEnd.Projections;

/// <summary>The host is killed while projections catch up and while they are rebuilt: nothing is counted twice, nothing is missing.</summary>
public sealed class KilledProjectionsTests : IDisposable
{
    private const int Sessions = 5_000;
    private const int Kills = 3;
    private const long Events = Sessions * 4;

    private readonly TestDatabase database = new();
    private readonly LedgerPlace place;

    public KilledProjectionsTests() => place = new LedgerPlace
    {
        ConnectionString = database.ConnectionString,

        // One after another: none has to find out first that the one before is gone.
        Arguments = ["--Ledger:SingleHost=true"],
    };

    public void Dispose()
    {
        place.Dispose();
        database.Dispose();
    }

    [Fact]
    public async Task Rows_equal_a_recomputation_although_the_host_is_killed_while_it_catches_up_and_rebuilds()
    {
        await using (var first = await LedgerProcess.StartAsync(place))
        {
            await first.KillAsync();
        }

        await ManyEvents.WriteAsync(database.ConnectionString, place.AccountId, Sessions);
        await KillOnTheWayAsync(PositionAsync, Events);

        await using var last = await LedgerProcess.StartAsync(place);
        await last.CatchUpAsync();
        (await ScalarAsync("select count(*) from ledger.session_list")).ShouldBe(Sessions);
        (await ScalarAsync("select sum(passed)::bigint from ledger.session_list")).ShouldBe(
            await ScalarAsync("select count(*) from ledger.mt_events where type = 'result_reported' and data ->> 'hasFailures' = 'false'"));
        (await ScalarAsync("select count(*) from ledger.check_results")).ShouldBe(Sessions);
        (await ScalarAsync("select count(*) from ledger.open_runs")).ShouldBe(0);
        await last.KillAsync();
        await KilledWhileItRebuildsAsync();
    }

    private async Task KilledWhileItRebuildsAsync()
    {
        string[] projections;
        await using (var asked = await LedgerProcess.StartAsync(place))
        {
            projections = [.. (await asked.ProjectionsAsync()).Keys];
            var reactions = new List<string>();
            foreach (var projection in projections)
            {
                if (!await asked.RebuildAsync(projection))
                {
                    reactions.Add(projection);
                }
            }

            projections = [.. projections.Except(reactions)];
            await asked.KillAsync();
        }

        await KillOnTheWayAsync(RebuiltAsync, projections.Length * Events);

        await using var last = await LedgerProcess.StartAsync(place);
        foreach (var projection in projections)
        {
            (await last.DifferencesAsync(projection)).ShouldBe(0, projection);
        }

        (await ScalarAsync("select count(*) from ledger.session_list")).ShouldBe(Sessions);
        (await ScalarAsync("select count(*) from ledger.check_results")).ShouldBe(Sessions);
    }

    /// <summary>Kills hosts that have gone further, at least one of them before the end.</summary>
    private async Task KillOnTheWayAsync(Func<Task<long>> positionAsync, long end)
    {
        var interrupted = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var ledger = await LedgerProcess.StartAsync(place);
            var before = await positionAsync();
            await Eventually.Become(async () => await positionAsync() is var now && (now > before || now == end));
            await ledger.KillAsync();
            interrupted += await positionAsync() < end ? 1 : 0;
        }

        interrupted.ShouldBeGreaterThan(0);
    }

    private Task<long> PositionAsync() =>
        ScalarAsync("select coalesce(sum(position), 0)::bigint from ledger.read_models");

    private Task<long> RebuiltAsync() => ScalarAsync("select coalesce(sum(position), 0)::bigint from ledger.projection_rebuilds");

    private async Task<long> ScalarAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
