using JasperFx;
using JasperFx.Events.Daemon;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Starts what Marten's daemon has paused, or stopped because of an error. After one that will pass it does not always do so by itself: a
/// crash of the server, for one, may take back the last pages, and the shard is then ahead of its checkpoint. An event that a read model cannot
/// handle pauses nothing. Without its agent for the high-water mark no shard gets on either.
/// </summary>
public static class PausedShards
{
    /// <summary>Starts them, once.</summary>
    /// <param name="daemon">The daemon.</param>
    /// <param name="tell">Is told the shard, and why it does not run, unless that will pass: a database that is away is told by others.</param>
    public static async Task StartAsync(IProjectionDaemon daemon, Action<string, string?> tell, CancellationToken cancellation)
    {
        if (daemon is { IsRunning: true, IsHighWaterStale: true })
        {
            await daemon.RestartHighWaterAgentAsync(cancellation);
        }

        var down = daemon.CurrentAgents()
            .Where(agent => agent is { Status: AgentStatus.Paused } or { Status: AgentStatus.Stopped, Failure: not null })
            .ToList();
        foreach (var agent in down)
        {
            if (agent.Failure is not { IsTransient: true })
            {
                tell(agent.Name.Identity, agent.Failure?.Message);
            }

            await daemon.StartAgentAsync(agent.Name.Identity, cancellation);
        }
    }
}
