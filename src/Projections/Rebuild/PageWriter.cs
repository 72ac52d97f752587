using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Rebuild;

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
