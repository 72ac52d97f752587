using System.Data;
using System.Globalization;
using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

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
        await record.EnterAsync(RebuildState.Comparing, cancellation);
        await UntilNearAsync(CompareAsync, cancellation);
        await UntilNearAsync(SwitchAsync, cancellation);
    }

    /// <summary>Leaves nothing behind but the reason.</summary>
    public async Task GiveUpAsync(Exception failure, CancellationToken cancellation)
    {
        var error = StoppedModels.Describe(failure);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await lease.HoldAsync(connection, cancellation);
        await record.FailedAsync(error, cancellation);
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

        await connection.ExecuteAsync("set local work_mem = '64MB'", [], cancellation);
        differences = await copy.CompareAsync(connection, cancellation);
        await record.ComparedAsync(differences, cancellation);
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
        await record.DoneAsync(cancellation);
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
