using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Projections.Rebuild;

/// <summary>
/// Catches up with the read models that stand apart from the shard, and rebuilds those that operators ask for: on one host at a time. What a
/// host that ended has left is gone on with where its last transaction stands.
/// </summary>
/// <param name="models">The read models.</param>
/// <param name="store">Where events are read.</param>
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
    private const string ApartSql = "select name from ledger.read_models_apart where failed is null order by name";
    private const string AskedSql = "select name from ledger.projection_rebuilds where finished_at is null order by started_at";

    private readonly ILogger log = log ?? NullLogger<Repairs>.Instance;

    /// <summary>Does what there is to do, if no other host is at it. What was not committed is done again by the next host.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task RunAsync(CancellationToken stopping)
    {
        if ((await NamedAsync($"({ApartSql}) union all ({AskedSql})", stopping)).Count == 0)
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

    /// <summary>One that cannot get on does not keep the others waiting, nor rebuilds.</summary>
    private async Task CatchUpAsync(WorkLease lease, CancellationToken stopping)
    {
        var failures = new List<Exception>();
        foreach (var model in await NamedAsync(ApartSql, stopping))
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
        foreach (var projection in await NamedAsync(AskedSql, stopping))
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

    /// <summary>Models of another version, or that this host does not have, are for other hosts.</summary>
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

/// <summary>
/// The right of one host to catch up with and to rebuild read models. It is renewed until it is disposed; a host that was away for longer
/// than it lasts has its transactions refused.
/// </summary>
internal sealed class WorkLease : IAsyncDisposable
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource ended = new();
    private readonly NpgsqlDataSource dataSource;
    private readonly string shard;
    private readonly long epoch;
    private readonly Task renewing;

    private WorkLease(NpgsqlDataSource dataSource, string shard, long epoch)
    {
        this.dataSource = dataSource;
        this.shard = shard;
        this.epoch = epoch;
        renewing = RenewAsync();
    }

    /// <summary>Takes it; null while another host has it.</summary>
    public static async Task<WorkLease?> TryTakeAsync(NpgsqlDataSource dataSource, string shard, CancellationToken cancellation)
    {
        var taken = await dataSource.QueryAsync(
            """
            insert into ledger.read_model_work as w (shard, epoch, busy_until) values ($1, 1, clock_timestamp() + interval '8 s')
            on conflict (shard) do update set epoch = w.epoch + 1, busy_until = excluded.busy_until
            where w.busy_until < clock_timestamp()
            returning w.epoch
            """,
            [shard],
            row => row.GetInt64(0),
            cancellation);
        return taken is [var epoch] ? new WorkLease(dataSource, shard, epoch) : null;
    }

    /// <summary>Holds it until the open transaction ends.</summary>
    /// <exception cref="LeaseLostException">Another host has it by now.</exception>
    public async Task HoldAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        if (!await connection.ScalarAsync<bool>(
            "select true from ledger.read_model_work where shard = $1 and epoch = $2 for share", [shard, epoch], cancellation))
        {
            throw new LeaseLostException();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await renewing;
        ended.Dispose();
        try
        {
            await SetAsync("clock_timestamp()", CancellationToken.None);
        }
        catch (NpgsqlException)
        {
            // Then it runs out.
        }
    }

    private async Task RenewAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(Renewal, ended.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            try
            {
                await SetAsync("clock_timestamp() + interval '8 s'", ended.Token);
            }
            catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException)
            {
                // Who cannot renew it finds out at the next transaction.
            }
        }
    }

    private async Task SetAsync(string until, CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(
            $"update ledger.read_model_work set busy_until = {until} where shard = $1 and epoch = $2", [shard, epoch], cancellation);
    }
}

/// <summary>Another host does the work by now.</summary>
internal sealed class LeaseLostException() : Exception("Another host catches up and rebuilds by now.");
