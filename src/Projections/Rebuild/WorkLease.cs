using Npgsql;

namespace Ledger.Projections.Rebuild;

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

    /// <summary>Gives it back.</summary>
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
