using System.Data;
using System.Globalization;
using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>
/// One rebuild, on the host that works on it: fills a second copy of the tables by the projection's own code, compares it with the rows
/// that serve at one and the same position, and puts it in their place. It never goes further than those have come, so that what they
/// read from is there too.
/// </summary>
internal sealed class RebuildWork : IAsyncDisposable
{
    // What is left to be written while the owner is held, or a snapshot is: a fraction of a second.
    private const long Near = 2_000;
    private const int PositionsPerEvent = 4;

    private readonly Projection projection;
    private readonly RebuildRecord record;
    private readonly NpgsqlConnection connection;
    private readonly EventLog store;
    private readonly DaemonSettings settings;
    private readonly TimeProvider clock;
    private readonly ProjectionTables tables;
    private readonly SecondCopy copy;
    private readonly LogReader events;
    private readonly BatchSize batch;
    private long differences;

    public RebuildWork(
        Projection projection,
        RebuildRecord record,
        NpgsqlConnection connection,
        EventLog store,
        RecentEvents recent,
        DaemonSettings settings,
        TimeProvider clock)
    {
        this.projection = projection;
        this.record = record;
        this.connection = connection;
        this.store = store;
        this.settings = settings;
        this.clock = clock;
        tables = ProjectionTables.Of(projection);
        copy = new SecondCopy(projection.Name, tables);
        events = new LogReader(projection, store, recent);
        batch = new BatchSize(settings.BatchSize, settings.LargestBatch * (projection is DerivedProjection ? PositionsPerEvent : 1));
    }

    /// <summary>Works until the second copy serves.</summary>
    /// <exception cref="StaleOwnerException">Another host works on it by now.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        await MakeAsync(cancellation);
        await copy.UseAsync(connection, cancellation);
        await FillAsync(cancellation);
        await copy.IndexAsync(connection, cancellation);
        await record.EnterAsync(RebuildState.Comparing, cancellation);
        await UntilNearAsync(CompareAsync, cancellation);
        await UntilNearAsync(SwitchAsync, cancellation);
    }

    /// <summary>Leaves nothing behind but the reason.</summary>
    public async Task GiveUpAsync(Exception failure, CancellationToken cancellation)
    {
        var error = PoisonError.Describe(failure);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await record.FailedAsync(error, cancellation);
        await copy.DropAsync(connection, cancellation);
        await RecordAsync(ProjectionAction.RebuildFailed, error, null, cancellation);
        await transaction.CommitAsync(cancellation);
    }

    public ValueTask DisposeAsync() => events.DisposeAsync();

    /// <summary>A second copy that another host, or this one before, has begun is gone on with if it is made as it would be made now.</summary>
    private async Task MakeAsync(CancellationToken cancellation)
    {
        if (record.Position == 0 || record.Fingerprint != tables.Fingerprint)
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await record.RestartAsync(tables.Fingerprint, cancellation);
            await copy.MakeAsync(connection, cancellation);
            await transaction.CommitAsync(cancellation);
        }
    }

    private async Task FillAsync(CancellationToken cancellation)
    {
        long live;
        do
        {
            var head = await store.ReadHeadAsync(cancellation);
            live = await ReadLiveAsync("", cancellation);
            while (record.Position < live)
            {
                await FillAsync(live, head, cancellation);
            }

            live = await ReadLiveAsync("", cancellation);
        }
        while (live - record.Position > Near);
    }

    /// <summary>One batch.</summary>
    private async Task FillAsync(long live, long head, CancellationToken cancellation)
    {
        var before = record.Position;
        var through = Math.Min(live, before + batch.Next);
        try
        {
            IReadOnlyList<NpgsqlBatchCommand> statements;
            if (projection is DerivedProjection derived)
            {
                statements = await derived.PrepareAsync(connection, before, through, cancellation);
            }
            else
            {
                var page = await events.ReadAsync(before, through, cancellation);
                if (page.Through < live)
                {
                    await events.BeginAsync(page.Through, Math.Min(live, page.Through + batch.AfterNext), cancellation);
                }

                through = page.Through;
                statements = page.Events.Count == 0 ? [] : await projection.PrepareAsync(connection, page.Events, cancellation);
            }

            await record.AdvanceAsync(through, head, statements, cancellation);
            batch.Written(isBehind: through < live);
        }
        catch (Exception failure) when (
            connection.State is ConnectionState.Open && failure is not (OperationCanceledException or StaleOwnerException) && !Outage.Is(failure))
        {
            await events.EndAsync();
            if (!batch.Failed(through - before))
            {
                await SkipOrThrowAsync(before + 1, head, failure, cancellation);
            }
        }
    }

    /// <summary>An event that an administrator had the projection leave out is left out here as well, if it cannot be handled still.</summary>
    private async Task SkipOrThrowAsync(long at, long head, Exception failure, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from ledger.projection_actions where projection = $1 and action = $2 and position = $3)", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Name });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = ProjectionAction.Skip });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = at });
        if (await command.ExecuteScalarAsync(cancellation) is not true)
        {
            throw new InvalidOperationException(
                string.Create(CultureInfo.InvariantCulture, $"The event at position {at}: {failure.GetType().Name}: {failure.Message}"), failure);
        }

        await record.AdvanceAsync(at, head, [], cancellation);
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
                await Task.Delay(settings.Retry, clock, cancellation);
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
        if (!await CatchUpAsync("", cancellation))
        {
            return false;
        }

        await ExecuteAsync("set local work_mem = '64MB'", cancellation);
        differences = await copy.CompareAsync(connection, cancellation);
        await record.ComparedAsync(differences, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>
    /// Holds the owner, brings the second copy to where it stands, and replaces the tables and the owner's epoch at once: what the owner
    /// had prepared from the old rows is refused, and it begins again with the new ones at the same checkpoint.
    /// </summary>
    private async Task<bool> SwitchAsync(CancellationToken cancellation)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await ExecuteAsync("set local lock_timeout = '2s'", cancellation);
        if (!await CatchUpAsync("for update of p", cancellation))
        {
            return false;
        }

        await copy.SwitchAsync(connection, cancellation);
        await using (var replace = new NpgsqlCommand("update ledger.projections set epoch = epoch + 1 where name = $1", connection))
        {
            replace.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Checkpoint });
            await replace.ExecuteNonQueryAsync(cancellation);
        }

        await record.DoneAsync(cancellation);
        await RecordAsync(ProjectionAction.Rebuilt, null, string.Create(CultureInfo.InvariantCulture, $"differences: {differences}"), cancellation);

        // The rows need not be on the disk, being made from events; that they serve, must.
        await ExecuteAsync("set local synchronous_commit = on", cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Fills up to where the projection stands in this transaction; false when that is too far.</summary>
    private async Task<bool> CatchUpAsync(string locking, CancellationToken cancellation)
    {
        var live = await ReadLiveAsync(locking, cancellation);
        if (live - record.Position > Near)
        {
            return false;
        }

        if (live > record.Position)
        {
            IReadOnlyList<NpgsqlBatchCommand> statements;
            if (projection is DerivedProjection derived)
            {
                statements = await derived.PrepareAsync(connection, record.Position, live, cancellation);
            }
            else
            {
                await events.EndAsync();
                var page = await events.ReadAsync(record.Position, live, cancellation);
                if (page.Through < live)
                {
                    return false;
                }

                statements = page.Events.Count == 0 ? [] : await projection.PrepareAsync(connection, page.Events, cancellation);
            }

            await record.AdvanceAsync(live, live, statements, cancellation);
        }

        return true;
    }

    private async Task<long> ReadLiveAsync(string locking, CancellationToken cancellation)
    {
        // In this order: the checkpoint is read when the owner is held.
        await using var hold = new NpgsqlCommand($"select from ledger.projections p where p.name = $1 {locking}", connection);
        hold.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Checkpoint });
        await hold.ExecuteNonQueryAsync(cancellation);
        await using var command = new NpgsqlCommand(
            "select coalesce(last_seq_id, 0) from ledger.mt_event_progression where name = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Checkpoint });
        return await command.ExecuteScalarAsync(cancellation) as long? ?? 0;
    }

    private async Task RecordAsync(string action, string? error, string? reason, CancellationToken cancellation)
    {
        await using var command = ProjectionAction.Write(
            connection, projection.Name, action, record.StartedBy, record.Position, error, reason);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
