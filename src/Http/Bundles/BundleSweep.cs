using Ledger.Http.Settings;
using Ledger.Store;
using Npgsql;

namespace Ledger.Http.Bundles;

/// <summary>
/// Removes bundles that are older than <c>Ledger:Bundles:KeepDays</c>, once an hour. Every host does: hosts that meet pass each other by.
/// </summary>
public sealed class BundleSweep(BundleStore bundles, LedgerSettings settings, TimeProvider clock, ILogger<BundleSweep> logger)
    : BackgroundService
{
    /// <summary>The time between two sweeps.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        do
        {
            await SweepAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task SweepAsync(CancellationToken stopping)
    {
        try
        {
            var removed = await bundles.RemoveOlderAsync(clock.GetUtcNow().AddDays(-settings.Bundles.KeepDays), stopping);
            if (removed > 0)
            {
                logger.LogInformation("Removed {Count} bundles older than {Days} days", removed, settings.Bundles.KeepDays);
            }
        }
        catch (Exception outage) when (outage is StoreUnavailableException or NpgsqlException)
        {
            logger.LogWarning(outage, "Old bundles could not be removed; the next try is in {Interval}", Interval);
        }
    }
}
