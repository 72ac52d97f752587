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

/// <summary>
/// Has one model handle events apart from the shard: those that it missed, or all of them into a second copy. It never goes further than the
/// shard has come.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="shard">The shard that keeps it otherwise.</param>
/// <param name="store">Where the events are.</param>
/// <param name="connection">Finds the tables that are to be written.</param>
/// <param name="largest">How many positions a page spans at most.</param>
internal sealed class PageWriter(Projection model, string shard, EventLog store, NpgsqlConnection connection, long largest)
{
    private readonly string[] types = [.. model.Handles.Select(Serialization.EventTypes.AliasOf)];
    private bool isCareful;

    /// <summary>What is left to be written while the shard is held, or a snapshot is: a fraction of a second.</summary>
    public long Near => largest / 4;

    /// <summary>The position that the model's rows have, or, where the shard keeps it, the shard.</summary>
    /// <param name="holds">Whether the shard commits nothing until the open transaction has ended.</param>
    /// <param name="cancellation">Ends the read.</param>
    public async Task<long> ReadLiveAsync(bool holds, CancellationToken cancellation)
    {
        if (holds)
        {
            await using var hold = Command("select from ledger.read_models where shard = $1 for update");
            await hold.ExecuteNonQueryAsync(cancellation);
        }

        await using var command = Command(
            """
            select coalesce(
              (select position from ledger.read_models_apart where shard = $1 and name = $2),
              (select last_seq_id from ledger.mt_event_progression where name = $1), 0)
            """,
            model.Name);
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>The position of the shard.</summary>
    public async Task<long> ReadShardAsync(CancellationToken cancellation)
    {
        await using var command = Command("select coalesce((select last_seq_id from ledger.mt_event_progression where name = $1), 0)");
        return (long)(await command.ExecuteScalarAsync(cancellation))!;
    }

    /// <summary>Prepares what events after a position change, up to another one or to an earlier one where they are large.</summary>
    /// <param name="after">The events after this position.</param>
    /// <param name="through">Not beyond this one.</param>
    /// <param name="isWhole">Whether it is done inside the transaction that writes, and all at once.</param>
    /// <param name="cancellation">Ends the work.</param>
    public async Task<(PreparedPage Page, long Through)> PrepareAsync(long after, long through, bool isWhole, CancellationToken cancellation)
    {
        if (through <= after)
        {
            return (new PreparedPage([], null), after);
        }

        var page = await store.ReadPageAsync(after, isWhole ? through : Math.Min(through, after + largest), types, cancellation);
        var states = await ReadModelStates.ReadAsync(connection, shard, after, cancellation);
        var prepared = await PreparedPage.OfAsync(model, connection, page.Events, states.Skipped, isCareful && !isWhole, cancellation);
        return (prepared, prepared.Failure is { } failure ? failure.Position - 1 : page.Through);
    }

    /// <summary>Runs statements in the open transaction.</summary>
    public async Task ExecuteAsync(IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        if (statements.Count == 0)
        {
            return;
        }

        await using var batch = new NpgsqlBatch(connection);
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement);
        }

        try
        {
            await batch.ExecuteNonQueryAsync(cancellation);
            isCareful = false;
        }
        catch (PostgresException refusal) when (!Outage.Is(refusal) && !isCareful)
        {
            isCareful = true;
            throw new PageRefusedException(refusal);
        }
    }

    private NpgsqlCommand Command(string sql, params string[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values.Prepend(shard))
        {
            command.Parameters.Add(SqlValue.Of(value));
        }

        return command;
    }
}

/// <summary>The database refuses a page; prepared once more, it is found out at which event.</summary>
internal sealed class PageRefusedException(Exception refusal) : Exception(refusal.Message, refusal);
