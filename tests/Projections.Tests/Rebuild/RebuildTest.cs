using Ledger.Projections.Rebuild;
using Ledger.Projections.Tests.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Support;

namespace Ledger.Projections.Tests.Rebuild;

/// <summary>Tests that rebuild projections while sessions live on.</summary>
public abstract class RebuildTest : RecomputationTest
{
    private protected Task<ReadModelHost> StartAllAsync(int batchSize = 50) => StartDaemonAsync(batchSize, [.. RegisteredProjections.All]);

    private protected static Task<ProjectionRebuild> EndAsync(ReadModelHost daemon, string projection) => Eventually.Become(
        async () => (await daemon.StatusAsync(projection)).Rebuild!,
        rebuild => rebuild is { State: RebuildState.Done or RebuildState.Failed },
        TimeSpan.FromSeconds(60),
        $"the rebuild of {projection} ends");

    private protected static async Task CatchUpAsync(ReadModelHost daemon)
    {
        foreach (var status in await daemon.Operations.StatusAsync())
        {
            (await daemon.WaitForHeadAsync(status.Name, Recovery)).ShouldBeTrue($"{status.Name} catches up");
        }
    }

    protected async Task ExecuteAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
