using Ledger.Projections.Daemon;
using Ledger.Projections.Deadlines;
using Ledger.Projections.OpenRuns;
using Ledger.Support;
using Npgsql;

namespace Ledger.Projections.Tests.Deadlines;

/// <summary>A host that watches the deadlines when the test says so, and not by itself.</summary>
internal sealed class WatchingHost(DeadlineWatch watch, ProjectionDaemon daemon, NpgsqlConnection connection, FakeClock clock)
    : IAsyncDisposable
{
    public Task ScanAsync() => ScanAsync(isFirst: false);

    public Task FirstScanAsync() => ScanAsync(isFirst: true);

    /// <summary>Lets time pass, then scans.</summary>
    public async Task PassAsync(double seconds)
    {
        clock.Advance(TimeSpan.FromSeconds(seconds));
        await ScanAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await watch.DisposeAsync();
        await connection.DisposeAsync();
    }

    private async Task ScanAsync(bool isFirst)
    {
        (await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, TimeSpan.FromSeconds(20))).ShouldBeTrue();
        await watch.ScanAsync(connection, isFirst);
    }
}
