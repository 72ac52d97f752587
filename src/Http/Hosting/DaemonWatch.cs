using Ledger.Projections.Daemon;
using IProjectionCoordinator = Marten.Events.Daemon.Coordination.IProjectionCoordinator;

namespace Ledger.Http.Hosting;

/// <summary>
/// Starts what Marten's daemon has paused on this host (<see cref="PausedShards"/>).
/// </summary>
public sealed partial class DaemonWatch(IProjectionCoordinator coordinator, ILogger<DaemonWatch> logger) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await StartPausedAsync(stoppingToken);
            }
            catch (Exception failure) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(failure);
            }
        }
    }

    private async Task StartPausedAsync(CancellationToken cancellation)
    {
        foreach (var daemon in await coordinator.AllDaemonsAsync())
        {
            await PausedShards.StartAsync(daemon, LogPaused, cancellation);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Shard} was paused, and is started again: {Why}")]
    private partial void LogPaused(string shard, string? why);

    [LoggerMessage(LogLevel.Debug, "What is paused cannot be started again now.")]
    private partial void LogFailed(Exception failure);
}
