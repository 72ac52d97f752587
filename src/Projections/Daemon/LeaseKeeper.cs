using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Renews the leases of what this host owns, four times as often as they run out, for all by one statement: a projection that has nothing
/// to write, or works long on one batch, stays with its owner, and a host that stands still loses all of them.
/// </summary>
internal sealed partial class LeaseKeeper(
    IReadOnlyList<ProjectionWorker> workers, NpgsqlDataSource dataSource, DaemonSettings settings, TimeProvider clock, ILogger log)
{
    private const int RenewalsPerLease = 4;

    private bool isAway;

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await Task.Delay(settings.Lease / RenewalsPerLease, clock, stopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await RenewAsync(stopping);
                isAway = false;
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
            }
        }
    }

    private async Task RenewAsync(CancellationToken stopping)
    {
        // In this order: the epoch of one that is owned is its own.
        var owned = workers.Select(worker => (Worker: worker, worker.Epoch)).Where(each => each.Worker.IsOwner).ToList();
        if (owned.Count == 0)
        {
            return;
        }

        await using var command = dataSource.CreateCommand("select ledger.renew_leases($1, $2)");
        command.Parameters.Add(
            new NpgsqlParameter<string[]> { TypedValue = [.. owned.Select(each => each.Worker.Projection.Checkpoint)] });
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. owned.Select(each => each.Epoch)] });
        await command.ExecuteNonQueryAsync(stopping);
    }

    [LoggerMessage(LogLevel.Warning, "The leases of the projections cannot be renewed.")]
    private partial void LogOutage(Exception outage);
}
