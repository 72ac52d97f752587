using Npgsql;

namespace Ledger.Projections.Rebuild;

/// <summary>The row of a rebuild that is under way, as the host that works on it reads and writes it.</summary>
internal sealed class RebuildRecord
{
    private readonly NpgsqlConnection connection;
    private readonly string name;

    private RebuildRecord(NpgsqlConnection connection, NpgsqlDataReader row)
    {
        this.connection = connection;
        name = row.GetString(0);
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

    /// <summary>The rebuild of a projection, to be gone on with; null when none is under way.</summary>
    public static async Task<RebuildRecord?> FindAsync(NpgsqlConnection connection, string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(
            """
            update ledger.projection_rebuilds set state = 'filling' where name = $1 and finished_at is null
            returning name, position, fingerprint, started_by
            """,
            connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? new RebuildRecord(connection, reader) : null;
    }

    /// <summary>Begins at the first event, with tables of this wording.</summary>
    public Task RestartAsync(string fingerprint, CancellationToken cancellation)
    {
        Position = 0;
        return WriteAsync("position = 0, fingerprint = $2", cancellation, fingerprint);
    }

    /// <summary>Writes the position; part of the transaction that writes the rows.</summary>
    public Task AdvanceAsync(long through, long head, CancellationToken cancellation)
    {
        Position = through;
        return WriteAsync("position = $2, head = $3", cancellation, through, head);
    }

    /// <summary>Where a transaction that was rolled back leaves it.</summary>
    public void ReturnTo(long position) => Position = position;

    /// <summary>Says what it is doing now.</summary>
    public Task EnterAsync(RebuildState state, CancellationToken cancellation) =>
        WriteAsync("state = $2", cancellation, Words<RebuildState>.Of(state));

    /// <summary>Writes down what the comparison found.</summary>
    public Task ComparedAsync(long differences, CancellationToken cancellation) =>
        WriteAsync("state = 'switching', differences = $2", cancellation, differences);

    /// <summary>The second copy serves. Part of the transaction that switches.</summary>
    public Task DoneAsync(CancellationToken cancellation) =>
        WriteAsync("state = 'done', finished_at = now(), keeps_old = true, error = null", cancellation);

    /// <summary>It is given up.</summary>
    public Task FailedAsync(string error, CancellationToken cancellation) =>
        WriteAsync("state = 'failed', finished_at = now(), error = $2", cancellation, error);

    private async Task WriteAsync(string assignments, CancellationToken cancellation, params object[] values)
    {
        await using var command = new NpgsqlCommand(
            $"update ledger.projection_rebuilds set {assignments} where name = $1 and finished_at is null", connection);
        foreach (var value in values.Prepend(name))
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellation);
    }
}
