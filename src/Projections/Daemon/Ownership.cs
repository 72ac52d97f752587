using System.Data;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The right to write one projection: an advisory lock, and an epoch that every write names, so that an owner who does not know yet that it
/// was replaced is refused (docs/domain.md#p13).
/// </summary>
internal sealed class Ownership : IAsyncDisposable
{
    private readonly AdvisoryLock held;
    private readonly string projection;

    private Ownership(AdvisoryLock held, string projection, long epoch, long position)
    {
        this.held = held;
        this.projection = projection;
        Epoch = epoch;
        Position = position;
    }

    /// <summary>The connection that holds the lock; all writes go through it.</summary>
    public NpgsqlConnection Connection => held.Connection;

    /// <summary>Whether the connection is open, as far as is known here.</summary>
    public bool IsAlive => Connection.State is ConnectionState.Open;

    /// <summary>Where the checkpoint stood when the projection was taken.</summary>
    public long Position { get; }

    /// <summary>Which owner in a row this one is; every write names it.</summary>
    public long Epoch { get; }

    /// <summary>
    /// Takes the projection, also from an owner whose lease has run out; null when it has an owner, or when the stored rows are those of
    /// another version.
    /// </summary>
    public static async Task<Ownership?> TryTakeAsync(
        NpgsqlDataSource dataSource, Projection projection, DaemonSettings settings, CancellationToken cancellation)
    {
        var name = $"ledger projection {projection.Name}";
        var taken = await AdvisoryLock.TryTakeAsync(
            dataSource, name, (connection, ending) => EvictAsync(connection, projection.Checkpoint, name, ending), cancellation);
        if (taken is null)
        {
            return null;
        }

        Ownership? ownership = null;
        try
        {
            await ProjectionSchema.UseAsync(taken.Connection, ProjectionSchema.Live, cancellation);
            await using var command = Command(
                taken.Connection,
                "select epoch, \"position\" from ledger.take_projection($1, $2, $3, $4)",
                projection.Checkpoint,
                settings.Owner,
                settings.Lease,
                !ProjectionTables.Of(projection).Exist);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            await reader.ReadAsync(cancellation);
            return ownership = reader.IsDBNull(0)
                ? null
                : new Ownership(taken, projection.Checkpoint, reader.GetInt64(0), reader.GetInt64(1));
        }
        finally
        {
            if (ownership is null)
            {
                await taken.DisposeAsync();
            }
        }
    }

    /// <summary>Commits what a batch has changed together with the checkpoint: all of it, or nothing.</summary>
    /// <exception cref="StaleOwnerException">Another owner has taken over.</exception>
    public async Task CommitAsync(
        long before, long after, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(Connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select ledger.advance_projection($1, $2, $3, $4)")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = projection, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter<long> { TypedValue = Epoch },
                new NpgsqlParameter<long> { TypedValue = before },
                new NpgsqlParameter<long> { TypedValue = after },
            },
        });
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement);
        }

        try
        {
            // Without an explicit transaction the statements of a batch are one transaction, in one round trip.
            await batch.PrepareAsync(cancellation);
            await batch.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException refusal) when (refusal.SqlState == StaleOwnerException.SqlState)
        {
            throw new StaleOwnerException(refusal.MessageText, refusal);
        }
    }

    /// <summary>Keeps the event that the projection cannot handle, for every host to see.</summary>
    public Task StopAsync(long position, string error, CancellationToken cancellation) => ExecuteAsync(
        """
        update ledger.projections set stopped_position = $3, stopped_error = $4, stopped_at = now()
        where name = $1 and epoch = $2
        """,
        cancellation,
        projection,
        Epoch,
        position,
        error);

    /// <summary>Whether the projection is stopped still; also a sign of life of the connection, and of the epoch.</summary>
    /// <exception cref="StaleOwnerException">Another owner has taken over.</exception>
    public async Task<bool> IsStoppedAsync(CancellationToken cancellation)
    {
        await using var command = Command(
            Connection, "select stopped_position is not null from ledger.projections where name = $1 and epoch = $2", projection, Epoch);
        return await command.ExecuteScalarAsync(cancellation) as bool?
            ?? throw new StaleOwnerException($"Projection {projection} has another owner.");
    }

    /// <summary>Where the checkpoint stands now: an administrator may have moved it past an event.</summary>
    public async Task<long> ReadPositionAsync(CancellationToken cancellation) => await ReadPositionAsync([projection], cancellation);

    /// <summary>How far all of some projections have come, whichever host owns them.</summary>
    public async Task<long> ReadPositionAsync(string[] checkpoints, CancellationToken cancellation)
    {
        await using var command = Command(
            Connection,
            """
            select min(coalesce(c.last_seq_id, 0)) from unnest($1) as asked(name)
            left join ledger.mt_event_progression c on c.name = asked.name
            """,
            [checkpoints]);
        return await command.ExecuteScalarAsync(cancellation) as long? ?? 0;
    }

    public ValueTask DisposeAsync() => held.DisposeAsync();

    private static async Task<bool> EvictAsync(NpgsqlConnection connection, string projection, string name, CancellationToken cancellation)
    {
        await using var command = Command(connection, "select ledger.evict_stale_owner($1, $2)", projection, name);
        return await command.ExecuteScalarAsync(cancellation) is true;
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(Connection, sql, values);
        await command.ExecuteNonQueryAsync(cancellation);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
