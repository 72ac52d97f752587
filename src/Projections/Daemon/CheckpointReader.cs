using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Reads the checkpoints of projections that other hosts own, for those who wait for them here. One query serves all who wait, and none
/// is made while nobody does.
/// </summary>
internal sealed partial class CheckpointReader(
    IReadOnlyList<ProjectionWorker> workers, NpgsqlDataSource dataSource, DaemonSettings settings, TimeProvider clock, ILogger log)
{
    private readonly Pulse asked = new(clock);
    private bool isAway;

    /// <summary>Looks whether somebody waits for a projection that this host does not own.</summary>
    public void Look()
    {
        if (Awaited().Count > 0)
        {
            asked.Beat();
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                await asked.WaitAsync(Timeout.InfiniteTimeSpan, stopping);
                while (Awaited() is { Count: > 0 } awaited)
                {
                    await ReadAsync(awaited, stopping);
                    isAway = false;
                    await Task.Delay(settings.CheckpointPoll, clock, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (Outage.Is(outage) || outage is PostgresException)
            {
                if (!isAway)
                {
                    LogOutage(outage);
                }

                isAway = true;
                asked.Beat();
                await Task.Delay(settings.Retry, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private List<ProjectionWorker> Awaited() => [.. workers.Where(worker => !worker.IsOwner && worker.Waiters.HasWaiters)];

    private async Task ReadAsync(IReadOnlyList<ProjectionWorker> awaited, CancellationToken stopping)
    {
        await using var command = dataSource.CreateCommand(
            "select name, coalesce(last_seq_id, 0) from ledger.mt_event_progression where name = any($1)");
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. awaited.Select(worker => worker.Projection.Checkpoint)] });
        await using var reader = await command.ExecuteReaderAsync(stopping);
        while (await reader.ReadAsync(stopping))
        {
            var name = reader.GetString(0);
            awaited.First(worker => worker.Projection.Checkpoint == name).Waiters.Reach(reader.GetInt64(1));
        }
    }

    [LoggerMessage(LogLevel.Warning, "The checkpoints of the projections cannot be read.")]
    private partial void LogOutage(Exception outage);
}
