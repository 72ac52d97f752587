using JasperFx;
using IProjectionCoordinator = Marten.Events.Daemon.Coordination.IProjectionCoordinator;

namespace Ledger.Http.Hosting;

/// <summary>Starts what Marten's daemon has paused on this host (<see cref="PausedShards"/>), and says when this host keeps the read models.</summary>
public sealed partial class DaemonWatch(IProjectionCoordinator coordinator, ReadModelShard models, ILogger<DaemonWatch> logger)
{
    /// <summary>What operators know it by.</summary>
    public const string Part = "daemon";

    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    public async Task RunAsync(CancellationToken stopping)
    {
        foreach (var daemon in await coordinator.AllDaemonsAsync())
        {
            await PausedShards.StartAsync(daemon, LogPaused, stopping);
            await models.AnnounceAsync(
                daemon.CurrentAgents().Any(agent => agent is { Status: AgentStatus.Running, Name.Identity: ReadModelShard.Shard }), stopping);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Shard} was paused, and is started again: {Why}")]
    private partial void LogPaused(string shard, string? why);
}
