using Ledger.Projections.Daemon;
using Ledger.Store;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>
/// Catches up with the read models that stand apart from the shard, and rebuilds those that operators ask for: on one host at a time. What a
/// host that ended has left is gone on with where its last transaction stands.
/// </summary>
/// <param name="models">The read models.</param>
/// <param name="store">Where events are read.</param>
/// <param name="dataSource">The same database.</param>
/// <param name="log">Where the work and outages are told; null for nowhere.</param>
/// <param name="largest">How many events one transaction goes through at most.</param>
public sealed partial class Repairs(
    ReadModelShard models, EventLog store, NpgsqlDataSource dataSource, ILogger<Repairs>? log = null, long largest = Repairs.Largest)
    : IAsyncDisposable
{
    private const long Largest = 8_000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource stopping = new();
    private readonly ILogger log = log ?? NullLogger<Repairs>.Instance;
    private Task running = Task.CompletedTask;
    private readonly HashSet<string> stuck = new(StringComparer.Ordinal);
    private bool isAway;

    /// <summary>Starts the work, once. Ends at once.</summary>
    public void Start() => running = Task.Run(RunAsync);

    /// <summary>Stops; what was not committed is done again by the next host.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        }
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await IsThereWorkAsync())
                {
                    await using var lease = await WorkLease.TryTakeAsync(dataSource, ReadModelShard.Shard, stopping.Token);
                    if (lease is not null)
                    {
                        await CatchUpAsync(lease);
                        await RebuildAsync(lease);
                    }
                }

                isAway = false;
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                if (!isAway)
                {
                    LogFailed(failure);
                }

                isAway = true;
            }

            await Task.Delay(Look, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> IsThereWorkAsync()
    {
        await using var command = dataSource.CreateCommand(
            """
            select exists (select from ledger.read_models_apart where failed is null)
              or exists (select from ledger.projection_rebuilds where finished_at is null)
            """);
        return await command.ExecuteScalarAsync(stopping.Token) is true;
    }

    private async Task CatchUpAsync(WorkLease lease)
    {
        foreach (var model in await NamedAsync("select name from ledger.read_models_apart where failed is null order by name"))
        {
            try
            {
                await CatchUp.RunAsync(model, ReadModelShard.Shard, lease, store, dataSource, largest, stopping.Token);
                stuck.Remove(model.Name);
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or LeaseLostException) && !Outage.Is(failure))
            {
                // An event that cannot even be read, for one. The other models, and rebuilds, do not wait for it.
                if (stuck.Add(model.Name))
                {
                    LogStuck(failure, model.Name);
                }
            }
        }
    }

    private async Task RebuildAsync(WorkLease lease)
    {
        foreach (var projection in await NamedAsync("select name from ledger.projection_rebuilds where finished_at is null order by started_at"))
        {
            await using var connection = await dataSource.OpenConnectionAsync(stopping.Token);
            if (await RebuildRecord.FindAsync(connection, projection.Name, stopping.Token) is not { } record)
            {
                continue;
            }

            LogBegun(projection.Name, record.Position);
            var work = new RebuildWork(
                projection, ReadModelShard.Shard, record, lease, connection, store, largest, betweenPages: () => CatchUpAsync(lease));
            try
            {
                await work.RunAsync(stopping.Token);
                LogDone(projection.Name, record.Position);
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or LeaseLostException) && !Outage.Is(failure))
            {
                LogGivenUp(failure, projection.Name);
                await work.GiveUpAsync(failure, stopping.Token);
            }
        }
    }

    private async Task<IReadOnlyList<Projection>> NamedAsync(string sql)
    {
        await using var connection = await dataSource.OpenConnectionAsync(stopping.Token);
        var versions = await RegisteredModels.VersionsAsync(connection, stopping.Token);
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(stopping.Token);
        var found = new List<Projection>();
        while (await reader.ReadAsync(stopping.Token))
        {
            var name = reader.GetString(0);
            found.AddRange(models.Models.Where(model => model.Name == name && versions.GetValueOrDefault(name) == model.Version));
        }

        return found;
    }

    [LoggerMessage(LogLevel.Error, "Read model {Model} cannot catch up, and is tried again.")]
    private partial void LogStuck(Exception failure, string model);

    [LoggerMessage(LogLevel.Information, "This host rebuilds projection {Projection} from position {Position} on.")]
    private partial void LogBegun(string projection, long position);

    [LoggerMessage(LogLevel.Information, "Projection {Projection} is rebuilt; the new rows serve from position {Position} on.")]
    private partial void LogDone(string projection, long position);

    [LoggerMessage(LogLevel.Error, "The rebuild of projection {Projection} is given up.")]
    private partial void LogGivenUp(Exception failure, string projection);

    [LoggerMessage(LogLevel.Warning, "Catching up and rebuilding cannot go on, and are tried again.")]
    private partial void LogFailed(Exception failure);
}
