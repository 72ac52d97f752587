using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>Brings a read model that stands apart to where the shard stands, and gives it back to the shard.</summary>
internal static class CatchUp
{
    /// <summary>Works until the shard keeps the model again, or it has stopped at an event.</summary>
    /// <exception cref="LeaseLostException">Another host does the work by now.</exception>
    public static async Task RunAsync(
        Projection model, string shard, WorkLease lease, EventLog store, NpgsqlDataSource dataSource, long largest, CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await ProjectionSchema.UseAsync(connection, ProjectionSchema.Live, cancellation);
        var writer = new PageWriter(model, shard, store, connection, largest);
        while (true)
        {
            try
            {
                var position = await writer.ReadLiveAsync(holds: false, cancellation);
                var reach = await writer.ReadShardAsync(cancellation);
                if ((reach - position <= writer.Near && await JoinAsync()) || await WriteAsync(position, reach))
                {
                    return;
                }
            }
            catch (PageRefusedException)
            {
                // Not held, so that it can be tried what the database refuses.
                if (await WriteAsync(await writer.ReadLiveAsync(holds: false, cancellation), await writer.ReadShardAsync(cancellation)))
                {
                    return;
                }
            }
        }

        // Whether it has stopped.
        async Task<bool> WriteAsync(long position, long reach)
        {
            var (page, through) = await writer.PrepareAsync(position, reach, isWhole: false, cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await lease.HoldAsync(connection, cancellation);
            await writer.ExecuteAsync(page.Statements, cancellation);
            await MoveAsync(page, through);
            await transaction.CommitAsync(cancellation);
            return page.Failure is not null;
        }

        async Task<bool> JoinAsync()
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await lease.HoldAsync(connection, cancellation);
            var position = await writer.ReadLiveAsync(holds: true, cancellation);
            var reach = await writer.ReadShardAsync(cancellation);
            if (reach - position > writer.Near)
            {
                return false;
            }

            var (page, through) = await writer.PrepareAsync(position, reach, isWhole: true, cancellation);
            await writer.ExecuteAsync(page.Statements, cancellation);
            if (page.Failure is null && through < reach)
            {
                return false;
            }

            if (page.Failure is null)
            {
                await ExecuteAsync("delete from ledger.read_models_apart where shard = $1 and name = $2", SqlValue.Of(shard), SqlValue.Of(model.Name));
                await writer.ExecuteAsync([StoppedModels.NextGeneration(shard)], cancellation);
            }
            else
            {
                await MoveAsync(page, through);
            }

            await transaction.CommitAsync(cancellation);
            return true;
        }

        async Task MoveAsync(PreparedPage page, long through)
        {
            if (page.Failure is { } failure)
            {
                await writer.ExecuteAsync([StoppedModels.Stop(shard, model, failure)], cancellation);
            }
            else
            {
                await ExecuteAsync(
                    "update ledger.read_models_apart set position = $3 where shard = $1 and name = $2",
                    SqlValue.Of(shard),
                    SqlValue.Of(model.Name),
                    SqlValue.Of(through));
            }
        }

        async Task ExecuteAsync(string sql, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(parameters);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}
