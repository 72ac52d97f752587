using Ledger.Projections.Daemon;
using Ledger.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>
/// Works on the rebuilds that were asked for on any host: each on one host at a time, which holds a lock for it. What a host that ended
/// has left is gone on with where its last transaction stands.
/// </summary>
internal sealed partial class Rebuilder(
    IReadOnlyList<Projection> projections,
    EventLog store,
    NpgsqlDataSource dataSource,
    RecentEvents recent,
    DaemonSettings settings,
    TimeProvider clock,
    ILogger log)
{
    private readonly Pulse asked = new(clock);
    private bool isAway;

    /// <summary>Has a rebuild begin.</summary>
    public async Task<RebuildRequest> RequestAsync(Projection projection, string actor, CancellationToken cancellation)
    {
        var answer = await RebuildRequests.StartAsync(dataSource, projection, actor, cancellation);
        asked.Beat();
        return answer;
    }

    /// <summary>Drops what rebuilds have left.</summary>
    public Task<RebuildRequest> DiscardAsync(Projection projection, string actor, CancellationToken cancellation) =>
        RebuildRequests.DiscardAsync(dataSource, projection, actor, cancellation);

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                foreach (var projection in await UnderWayAsync(stopping))
                {
                    await WorkAsync(projection, stopping);
                }

                isAway = false;
                await asked.WaitAsync(settings.Poll, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (Outage.Is(outage) || outage is PostgresException or StaleOwnerException)
            {
                if (!isAway)
                {
                    LogOutage(outage);
                }

                isAway = true;
                await Task.Delay(settings.Retry, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task WorkAsync(Projection projection, CancellationToken stopping)
    {
        await using var held = await AdvisoryLock.TryTakeAsync(
            dataSource, $"ledger rebuild {projection.Name}", settings.Lease, stopping);
        if (held is null || await RebuildRecord.TakeAsync(held.Connection, projection, stopping) is not { } record)
        {
            return;
        }

        LogBegun(projection.Name, record.Position);
        await using var work = new RebuildWork(projection, record, held.Connection, store, recent, settings, clock);
        try
        {
            await work.RunAsync(stopping);
            LogDone(projection.Name, record.Position);
        }
        catch (Exception failure) when (
            failure is not (OperationCanceledException or StaleOwnerException) && !Outage.Is(failure))
        {
            LogFailed(failure, projection.Name);
            await work.GiveUpAsync(failure, stopping);
        }
    }

    private async Task<IReadOnlyList<Projection>> UnderWayAsync(CancellationToken stopping)
    {
        await using var command = dataSource.CreateCommand(
            "select checkpoint from ledger.projection_rebuilds where finished_at is null order by started_at");
        await using var reader = await command.ExecuteReaderAsync(stopping);
        var found = new List<Projection>();
        while (await reader.ReadAsync(stopping))
        {
            var checkpoint = reader.GetString(0);
            found.AddRange(projections.Where(projection => projection.Checkpoint == checkpoint));
        }

        return found;
    }

    [LoggerMessage(LogLevel.Information, "This host rebuilds projection {Projection} from position {Position} on.")]
    private partial void LogBegun(string projection, long position);

    [LoggerMessage(LogLevel.Information, "Projection {Projection} is rebuilt; the new rows serve from position {Position} on.")]
    private partial void LogDone(string projection, long position);

    [LoggerMessage(LogLevel.Error, "The rebuild of projection {Projection} is given up.")]
    private partial void LogFailed(Exception failure, string projection);

    [LoggerMessage(LogLevel.Warning, "Rebuilds wait for the database.")]
    private partial void LogOutage(Exception outage);
}
