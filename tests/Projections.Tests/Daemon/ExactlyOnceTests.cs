using Ledger.Projections.SessionList;
using Ledger.Support;

namespace Ledger.Projections.Tests.Daemon;

public sealed class ExactlyOnceTests : RecomputationTest
{
    [Fact]
    public async Task Rows_equal_a_recomputation_although_connections_are_killed_again_and_again()
    {
        var daemon = await StartDaemonAsync(7, Both);
        var lives = Enumerable.Range(0, 60).Select(LiveAsync).ToList();
        foreach (var life in lives.Chunk(6))
        {
            await Task.WhenAll(life);
            await Eventually.Become(async () => await KillDaemonsAsync() > 0);
        }

        await ShouldEqualARecomputationAsync(daemon);
    }

    [Fact]
    public async Task Rows_equal_a_recomputation_although_the_daemon_is_stopped_again_and_again()
    {
        var work = Task.WhenAll(Enumerable.Range(0, 60).Select(LiveAsync));
        do
        {
            await using var brief = await StartDaemonAsync(5, Both);
            await brief.WaitForAsync(SessionListReader.ProjectionName, await CheckpointAsync() + 10, TimeSpan.FromMilliseconds(500));
        }
        while (!work.IsCompleted);

        await work;
        await ShouldEqualARecomputationAsync(await StartDaemonAsync(Both));
    }

    private Task<long> CheckpointAsync() =>
        ScalarAsync<long>("select coalesce(max(position), 0) from ledger.read_models");
}
