using System.Data;
using System.Globalization;

namespace Ledger.Projections.Rebuild;

/// <summary>
/// One rebuild: fills a second copy of the tables by the projection's own code, compares it with the rows that serve at one and the same
/// position, and puts it in their place.
/// </summary>
internal sealed class RebuildWork(
    Projection projection,
    string shard,
    RebuildRecord record,
    WorkLease lease,
    NpgsqlConnection connection,
    EventLog store,
    long largest,
    Func<Task> betweenPages)
{
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly ProjectionTables tables = ProjectionTables.Of(projection);
    private readonly SecondCopy copy = new(projection.Name, ProjectionTables.Of(projection));
    private readonly PageWriter writer = new(projection, shard, store, connection, largest);
    private long differences;

    /// <summary>Works until the second copy serves.</summary>
    /// <exception cref="LeaseLostException">Another host works on it by now.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await MakeAsync(cancellation);
        await copy.UseAsync(connection, cancellation);
        await FillAsync(cancellation);
        await copy.IndexAsync(connection, cancellation);
        await record.WriteAsync("state = 'comparing'", cancellation);
        await UntilNearAsync(CompareAsync, cancellation);
        await UntilNearAsync(SwitchAsync, cancellation);
    }

    public async Task GiveUpAsync(Exception failure, CancellationToken cancellation)
    {
        var error = StoppedModels.Describe(failure);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await lease.HoldAsync(connection, cancellation);
        await record.WriteAsync("state = 'failed', finished_at = now(), error = $2", cancellation, error);
        await copy.DropAsync(connection, cancellation);
        await RecordAsync(ProjectionAction.RebuildFailed, error, null, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    /// <summary>A second copy that another host, or this one before, has begun is gone on with if it is made as it would be made now.</summary>
    private async Task MakeAsync(CancellationToken cancellation)
    {
        if (record.Position == 0 || record.Fingerprint != tables.Fingerprint)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await lease.HoldAsync(connection, cancellation);
            await record.RestartAsync(tables.Fingerprint, cancellation);
            await copy.MakeAsync(connection, cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        while (await writer.ReadLiveAsync(holds: false, cancellation) is var live && live - record.Position > writer.Near)
        {
            await FillAsync(live, cancellation);
            await betweenPages();
        }
    }

    /// <summary>One page, in a transaction of its own.</summary>
    private async Task FillAsync(long live, CancellationToken cancellation)
    {
        var before = record.Position;
        var head = await store.ReadHeadAsync(cancellation);
        try
        {
            var (page, through) = await writer.PrepareAsync(before, live, isWhole: false, cancellation);
            if (page.Failure is { } failure && page.Statements.Count == 0)
            {
                throw new InvalidOperationException(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"The event at position {failure.Position}: {failure.Cause.GetType().Name}: {failure.Cause.Message}"),
                    failure.Cause);
            }

            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await lease.HoldAsync(connection, cancellation);
            await connection.ExecuteAsync("set local synchronous_commit to off", [], cancellation);
            await writer.ExecuteAsync(page.Statements, cancellation);
            await record.AdvanceAsync(through, head, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PageRefusedException)
        {
            record.ReturnTo(before);
        }
    }

    /// <summary>Does a last step in one transaction once the second copy is near; tables that readers are busy with are tried again.</summary>
    private async Task UntilNearAsync(Func<CancellationToken, Task<bool>> step, CancellationToken cancellation)
    {
        while (true)
        {
            await FillAsync(cancellation);
            var before = record.Position;
            try
            {
                if (await step(cancellation))
                {
                    return;
                }
            }
            catch (PostgresException busy) when (busy.SqlState is PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected)
            {
                await Task.Delay(Retry, cancellation);
            }
            catch (PageRefusedException)
            {
                record.ReturnTo(before);
                await FillAsync(await writer.ReadLiveAsync(holds: false, cancellation), cancellation);
                continue;
            }

            record.ReturnTo(before);
        }
    }

    /// <summary>
    /// Under one snapshot, which shows the rows that serve at the position that their checkpoint names, the second copy is brought to that
    /// position and compared. Nobody is held up by it.
    /// </summary>
    private async Task<bool> CompareAsync(CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation);
        if (!await CatchUpAsync(holds: false, cancellation))
        {
            return false;
        }

        await connection.ExecuteAsync("select set_config('work_mem', '64MB', true), set_config('enable_seqscan', 'on', true)", [], cancellation);
        differences = await copy.CompareAsync(connection, cancellation);
        await record.WriteAsync("state = 'switching', differences = $2", cancellation, differences);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>
    /// Holds the shard, brings the second copy to where it stands, and replaces the tables and the generation at once: what the shard had
    /// prepared from the old rows is refused, and it begins again with the new ones at the same checkpoint.
    /// </summary>
    private async Task<bool> SwitchAsync(CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await lease.HoldAsync(connection, cancellation);
        await connection.ExecuteAsync("set local lock_timeout = '2s'", [], cancellation);
        if (!await CatchUpAsync(holds: true, cancellation))
        {
            return false;
        }

        await copy.SwitchAsync(connection, cancellation);
        await writer.ExecuteAsync([StoppedModels.NextGeneration(shard)], cancellation);
        await record.WriteAsync("state = 'done', finished_at = now(), keeps_old = true, error = null", cancellation);
        await RecordAsync(ProjectionAction.Rebuilt, null, string.Create(CultureInfo.InvariantCulture, $"differences: {differences}"), cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Fills up to where the rows that serve stand in this transaction; false when that is too far.</summary>
    private async Task<bool> CatchUpAsync(bool holds, CancellationToken cancellation)
    {
        var live = await writer.ReadLiveAsync(holds, cancellation);
        if (live - record.Position > writer.Near)
        {
            return false;
        }

        var (page, through) = await writer.PrepareAsync(record.Position, live, isWhole: true, cancellation);
        if (page.Failure is not null)
        {
            throw new PageRefusedException(page.Failure.Cause);
        }

        if (through < live)
        {
            return false;
        }

        await writer.ExecuteAsync(page.Statements, cancellation);
        await record.AdvanceAsync(live, live, cancellation);
        return true;
    }

    private Task RecordAsync(string action, string? error, string? reason, CancellationToken cancellation) => connection.ExecuteAsync(
        [ProjectionAction.Write(projection.Name, action, record.StartedBy, record.Position, error, reason)], cancellation);
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

    /// <summary>The position that the model's rows have: its own, or, where the shard keeps it, the shard's.</summary>
    /// <param name="holds">Whether the shard commits nothing until the open transaction has ended.</param>
    /// <param name="cancellation">Ends the read.</param>
    public async Task<long> ReadLiveAsync(bool holds, CancellationToken cancellation)
    {
        if (holds)
        {
            await connection.ExecuteAsync("select from ledger.read_models where shard = $1 for update", [shard], cancellation);
        }

        return await connection.ScalarAsync<long>(
            """
            select coalesce(
              (select position from ledger.read_models_apart where shard = $1 and name = $2),
              (select position from ledger.read_models where shard = $1))
            """,
            [shard, model.Name],
            cancellation);
    }

    /// <summary>The position of the shard.</summary>
    public Task<long> ReadShardAsync(CancellationToken cancellation) =>
        connection.ScalarAsync<long>("select position from ledger.read_models where shard = $1", [shard], cancellation);

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
        var states = await ReadModelStates.ReadAsync(connection, shard, cancellation);
        var prepared = await PreparedPage.OfAsync(model, connection, page, states.Skipped, isCareful && !isWhole, cancellation);
        return (prepared, prepared.Failure is { } failure ? failure.Position - 1 : page.Through);
    }

    /// <summary>Runs statements in the open transaction.</summary>
    public async Task ExecuteAsync(IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        try
        {
            await connection.ExecuteAsync(statements, cancellation);
            isCareful = false;
        }
        catch (PostgresException refusal) when (!Outage.Is(refusal) && !isCareful)
        {
            isCareful = true;
            throw new PageRefusedException(refusal);
        }
    }
}

/// <summary>The database refuses a page; prepared once more, it is found out at which event.</summary>
internal sealed class PageRefusedException(Exception refusal) : Exception(refusal.Message, refusal);

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
