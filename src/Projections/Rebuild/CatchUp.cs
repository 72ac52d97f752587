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
                await writer.ExecuteAsync(
                    [
                        Sql.Of("delete from ledger.read_models_apart where shard = $1 and name = $2", shard, model.Name),
                        StoppedModels.NextGeneration(shard),
                    ],
                    cancellation);
            }
            else
            {
                await MoveAsync(page, through);
            }

            await transaction.CommitAsync(cancellation);
            return true;
        }

        Task MoveAsync(PreparedPage page, long through) => writer.ExecuteAsync(
            [
                page.Failure is { } failure
                    ? StoppedModels.Stop(shard, model, failure)
                    : Sql.Of("update ledger.read_models_apart set position = $3 where shard = $1 and name = $2", shard, model.Name, through),
            ],
            cancellation);
    }
}

/// <summary>The second copy of a projection's tables, in a schema of its own, and what it replaces.</summary>
internal sealed class SecondCopy(string projection, ProjectionTables tables)
{
    private readonly string copy = Quoted($"ledger_rebuild_{projection}");
    private readonly string old = Quoted($"ledger_old_{projection}");

    /// <summary>Begins anew with empty tables; their indexes come later.</summary>
    public Task MakeAsync(NpgsqlConnection connection, CancellationToken cancellation) => ExecuteAsync(
        connection,
        [$"drop schema if exists {copy} cascade; create schema {copy}; set local search_path to {copy}", .. tables.Structure.Select(file => file.Sql)],
        cancellation);

    /// <summary>Has a connection fill the second copy; tables of other projections are found where they serve.</summary>
    public Task UseAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ProjectionSchema.UseAsync(connection, $"{copy}, {ProjectionSchema.Live}", cancellation);

    /// <summary>Makes the indexes that are not there yet. The connection is in <see cref="UseAsync"/>.</summary>
    public Task IndexAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ExecuteAsync(connection, [.. tables.Indexes.Select(file => file.Sql), .. tables.Names.Select(table => $"analyze {copy}.{table}")], cancellation);

    /// <summary>How many rows only one of both copies has.</summary>
    public async Task<long> CompareAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var differences = 0L;
        foreach (var table in tables.Names)
        {
            var columns = (string)(await ScalarAsync(
                connection,
                $"""
                select string_agg(quote_ident(attname), ', ' order by attnum)
                from pg_attribute where attrelid = '{copy}.{table}'::regclass and attnum > 0 and not attisdropped
                """,
                cancellation))!;
            var live = $"select {columns} from {ProjectionSchema.Live}.{table}";
            var rebuilt = $"select {columns} from {copy}.{table}";
            differences += (long)(await ScalarAsync(
                connection,
                $"""
                select (select count(*) from ({live} except all {rebuilt}) d) + (select count(*) from ({rebuilt} except all {live}) d)
                """,
                cancellation))!;
        }

        return differences;
    }

    /// <summary>Puts the second copy in the place of the tables that serve, and keeps those. Part of a transaction.</summary>
    public Task SwitchAsync(NpgsqlConnection connection, CancellationToken cancellation) => ExecuteAsync(
        connection,
        [
            $"drop schema if exists {old} cascade; create schema {old}",
            .. tables.Names.Select(table => $"alter table {ProjectionSchema.Live}.{table} set schema {old}"),
            .. tables.Names.Select(table => $"alter table {copy}.{table} set schema {ProjectionSchema.Live}"),
            $"drop schema {copy} cascade",
        ],
        cancellation);

    /// <summary>Drops the second copy.</summary>
    public Task DropAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ExecuteAsync(connection, [$"drop schema if exists {copy} cascade"], cancellation);

    /// <summary>Drops the tables that were replaced.</summary>
    public Task DropOldAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        ExecuteAsync(connection, [$"drop schema if exists {old} cascade"], cancellation);

    private static string Quoted(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static async Task ExecuteAsync(NpgsqlConnection connection, IEnumerable<string> statements, CancellationToken cancellation)
    {
        foreach (var sql in statements)
        {
            await ScalarAsync(connection, sql, cancellation);
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        // Indexing and comparing take as long as there are rows.
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        return await command.ExecuteScalarAsync(cancellation);
    }
}
