using Ledger.Projections.Daemon;
using Ledger.Projections.Rebuild;
using Ledger.Projections.Tests.Daemon;
using Ledger.Support;

namespace Ledger.Projections.Tests.Rebuild;

/// <summary>Tests that rebuild projections while sessions live on.</summary>
public abstract class RebuildTest : RecomputationTest
{
    private protected static DaemonSettings Small => Brisk with { BatchSize = 50, LargestBatch = 200 };

    private protected Task<ProjectionDaemon> StartAllAsync(DaemonSettings settings) =>
        StartDaemonAsync(settings, [.. RegisteredProjections.All]);

    private protected static Task<RebuildStatus> EndAsync(ProjectionDaemon daemon, string projection) => Eventually.Become(
        async () => (await StatusOfAsync(daemon, projection)).Rebuild!,
        rebuild => rebuild is { State: RebuildState.Done or RebuildState.Failed },
        TimeSpan.FromSeconds(60),
        $"the rebuild of {projection} ends");

    private protected static async Task<ProjectionStatus> StatusOfAsync(ProjectionDaemon daemon, string projection) =>
        (await daemon.StatusAsync()).Single(status => status.Name == projection);

    private protected static async Task CatchUpAsync(ProjectionDaemon daemon)
    {
        foreach (var status in await daemon.StatusAsync())
        {
            (await daemon.WaitForHeadAsync(status.Name, Patience)).ShouldBeTrue($"{status.Name} catches up");
        }
    }

    protected async Task ExecuteAsync(string sql)
    {
        await using var command = DataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
