using Ledger.Projections.Daemon;
using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Rebuild;

/// <summary>The row of a rebuild, as the one host that works on it reads and writes it: every write names its epoch.</summary>
internal sealed class RebuildRecord
{
    private readonly NpgsqlConnection connection;
    private readonly Projection projection;
    private readonly long epoch;

    private RebuildRecord(NpgsqlConnection connection, Projection projection, NpgsqlDataReader row)
    {
        this.connection = connection;
        this.projection = projection;
        epoch = row.GetInt64(0);
        Position = row.GetInt64(1);
        Fingerprint = row.GetString(2);
        StartedBy = row.GetString(3);
    }

    /// <summary>How far the second copy has come.</summary>
    public long Position { get; private set; }

    /// <summary>The wording of the schema files that made the second copy; empty before.</summary>
    public string Fingerprint { get; }

    /// <summary>Who asked for it.</summary>
    public string StartedBy { get; }

    /// <summary>Takes a rebuild that is under way; null when none is. From here on a write of whoever worked on it before is refused.</summary>
    public static async Task<RebuildRecord?> TakeAsync(NpgsqlConnection connection, Projection projection, CancellationToken cancellation)
    {
        await using var command = Command(
            connection,
            """
            update ledger.projection_rebuilds set epoch = epoch + 1, state = 'filling'
            where name = $1 and checkpoint = $2 and finished_at is null
            returning epoch, position, fingerprint, started_by
            """,
            projection.Name,
            projection.Checkpoint);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new RebuildRecord(connection, projection, reader) : null;
    }

    /// <summary>Begins at the first event, with tables of this wording.</summary>
    public async Task RestartAsync(string fingerprint, CancellationToken cancellation)
    {
        await WriteAsync("position = 0, fingerprint = $3", cancellation, fingerprint);
        Position = 0;
    }

    /// <summary>Writes rows and position together: in a transaction of their own, or in the one that is open.</summary>
    /// <exception cref="StaleOwnerException">Another host works on it by now.</exception>
    public async Task AdvanceAsync(long through, long head, IReadOnlyList<NpgsqlBatchCommand> statements, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand("select ledger.advance_rebuild($1, $2, $3, $4, $5)")
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = projection.Name, NpgsqlDbType = NpgsqlDbType.Text },
                new NpgsqlParameter<long> { TypedValue = epoch },
                new NpgsqlParameter<long> { TypedValue = Position },
                new NpgsqlParameter<long> { TypedValue = through },
                new NpgsqlParameter<long> { TypedValue = head },
            },
        });
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(statement);
        }

        try
        {
            await batch.PrepareAsync(cancellation);
            await batch.ExecuteNonQueryAsync(cancellation);
        }
        catch (PostgresException refusal) when (refusal.SqlState == StaleOwnerException.SqlState)
        {
            throw new StaleOwnerException(refusal.MessageText, refusal);
        }

        Position = through;
    }

    /// <summary>Where a transaction that was rolled back leaves it.</summary>
    public void ReturnTo(long position) => Position = position;

    /// <summary>Says what it is doing now.</summary>
    public Task EnterAsync(RebuildState state, CancellationToken cancellation) =>
        WriteAsync("state = $3", cancellation, Words<RebuildState>.Of(state));

    /// <summary>Writes down what the comparison found.</summary>
    public Task ComparedAsync(long differences, CancellationToken cancellation) =>
        WriteAsync("state = 'switching', differences = $3", cancellation, differences);

    /// <summary>The second copy serves. Part of the transaction that switches.</summary>
    public Task DoneAsync(CancellationToken cancellation) =>
        WriteAsync("state = 'done', finished_at = now(), keeps_old = true, error = null", cancellation);

    /// <summary>It is given up.</summary>
    public Task FailedAsync(string error, CancellationToken cancellation) =>
        WriteAsync("state = 'failed', finished_at = now(), error = $3", cancellation, error);

    private async Task WriteAsync(string assignments, CancellationToken cancellation, params object[] values)
    {
        await using var command = Command(
            connection, $"update ledger.projection_rebuilds set {assignments} where name = $1 and epoch = $2", [projection.Name, epoch, .. values]);
        if (await command.ExecuteNonQueryAsync(cancellation) == 0)
        {
            throw new StaleOwnerException($"The rebuild of {projection.Name} is no longer this host's.");
        }
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
