using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// What an administrator can do about an event that a projection cannot handle. The action and its record are one transaction, which
/// locks the projection's row, so that of two at once the second finds that the projection no longer stands there.
/// </summary>
internal static class Poison
{
    private const string FindSql = """
        select stopped_position, stopped_error from ledger.projections where name = $1 and stopped_position is not null for update
        """;

    private const string GoOnSql = """
        update ledger.projections set stopped_position = null, stopped_error = null, stopped_at = null where name = $1
        """;

    private const string SkipSql = """
        update ledger.mt_event_progression set last_seq_id = $2, last_updated = now() where name = $1 and last_seq_id = $2 - 1
        """;

    /// <summary>Has the event tried again; false when the projection is not stopped.</summary>
    public static Task<bool> RetryAsync(
        NpgsqlDataSource dataSource, Projection projection, string actor, CancellationToken cancellation) =>
        ActAsync(dataSource, projection, ProjectionAction.Retry, actor, null, null, cancellation);

    /// <summary>Moves the checkpoint over the event; false when the projection is not stopped at it.</summary>
    public static Task<bool> SkipAsync(
        NpgsqlDataSource dataSource, Projection projection, long position, string reason, string actor, CancellationToken cancellation) =>
        ActAsync(dataSource, projection, ProjectionAction.Skip, actor, position, reason, cancellation);

    private static async Task<bool> ActAsync(
        NpgsqlDataSource dataSource,
        Projection projection,
        string action,
        string actor,
        long? skipped,
        string? reason,
        CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await FindAsync(connection, projection.Checkpoint, cancellation) is not { } stopped
            || (skipped is not null && skipped != stopped.Position))
        {
            return false;
        }

        if (skipped is { } position)
        {
            await using var skip = new NpgsqlCommand(SkipSql, connection);
            skip.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Checkpoint });
            skip.Parameters.Add(new NpgsqlParameter<long> { TypedValue = position });
            if (await skip.ExecuteNonQueryAsync(cancellation) == 0)
            {
                return false;
            }
        }

        await using var goOn = new NpgsqlCommand(GoOnSql, connection);
        goOn.Parameters.Add(new NpgsqlParameter<string> { TypedValue = projection.Checkpoint });
        await goOn.ExecuteNonQueryAsync(cancellation);
        await using var record = ProjectionAction.Write(
            connection, projection.Name, action, actor, stopped.Position, stopped.Error, reason);
        await record.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static async Task<(long Position, string? Error)?> FindAsync(
        NpgsqlConnection connection, string checkpoint, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = checkpoint });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetInt64(0), reader.GetStringOrNull(1)) : null;
    }
}
