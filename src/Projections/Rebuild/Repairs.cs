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
{
    /// <summary>What operators know it by.</summary>
    public const string Part = "repairs";

    /// <summary>The time between two looks.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private const long Largest = 8_000;

    private readonly ILogger log = log ?? NullLogger<Repairs>.Instance;

    /// <summary>Does what there is to do, if no other host is at it. What was not committed is done again by the next host.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        if (!await IsThereWorkAsync(stopping))
        {
            return;
        }

        await using var lease = await WorkLease.TryTakeAsync(dataSource, ReadModelShard.Shard, stopping);
        if (lease is not null)
        {
            try
            {
                await CatchUpAsync(lease, stopping);
                await RebuildAsync(lease, stopping);
            }
            catch (LeaseLostException)
            {
                // This host stood still for a while; the other one goes on.
            }
        }
    }

    private async Task<bool> IsThereWorkAsync(CancellationToken stopping)
    {
        var found = await dataSource.QueryAsync(
            """
            select exists (select from ledger.read_models_apart where failed is null)
              or exists (select from ledger.projection_rebuilds where finished_at is null)
            """,
            [],
            row => row.GetBoolean(0),
            stopping);
        return found[0];
    }

    /// <summary>One that cannot get on does not keep the others waiting, nor rebuilds.</summary>
    private async Task CatchUpAsync(WorkLease lease, CancellationToken stopping)
    {
        var failures = new List<Exception>();
        foreach (var model in await NamedAsync("select name from ledger.read_models_apart where failed is null order by name", stopping))
        {
            try
            {
                await CatchUp.RunAsync(model, ReadModelShard.Shard, lease, store, dataSource, largest, stopping);
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or LeaseLostException) && !Outage.Is(failure))
            {
                failures.Add(new InvalidOperationException($"Read model {model.Name} cannot catch up.", failure));
            }
        }

        if (failures.Count > 0)
        {
            throw new AggregateException(failures);
        }
    }

    private async Task RebuildAsync(WorkLease lease, CancellationToken stopping)
    {
        foreach (var projection in await NamedAsync("select name from ledger.projection_rebuilds where finished_at is null order by started_at", stopping))
        {
            await using var connection = await dataSource.OpenConnectionAsync(stopping);
            if (await RebuildRecord.FindAsync(connection, projection.Name, stopping) is not { } record)
            {
                continue;
            }

            LogBegun(projection.Name, record.Position);
            var work = new RebuildWork(
                projection, ReadModelShard.Shard, record, lease, connection, store, largest, betweenPages: () => CatchUpAsync(lease, stopping));
            try
            {
                await work.RunAsync(stopping);
                LogDone(projection.Name, record.Position);
            }
            catch (Exception failure) when (failure is not (OperationCanceledException or LeaseLostException) && !Outage.Is(failure))
            {
                LogGivenUp(failure, projection.Name);
                await work.GiveUpAsync(failure, stopping);
            }
        }
    }

    private async Task<IReadOnlyList<Projection>> NamedAsync(string sql, CancellationToken stopping)
    {
        await using var connection = await dataSource.OpenConnectionAsync(stopping);
        var versions = await RegisteredModels.VersionsAsync(connection, stopping);
        var names = await connection.QueryAsync(sql, [], row => row.GetString(0), stopping);
        return [.. names.SelectMany(name => models.Models.Where(model => model.Name == name && versions.GetValueOrDefault(name) == model.Version))];
    }

    [LoggerMessage(LogLevel.Information, "This host rebuilds projection {Projection} from position {Position} on.")]
    private partial void LogBegun(string projection, long position);

    [LoggerMessage(LogLevel.Information, "Projection {Projection} is rebuilt; the new rows serve from position {Position} on.")]
    private partial void LogDone(string projection, long position);

    [LoggerMessage(LogLevel.Error, "The rebuild of projection {Projection} is given up.")]
    private partial void LogGivenUp(Exception failure, string projection);
}
