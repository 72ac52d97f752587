using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// The models that the shard does not keep: how one comes to be so, what an operator can do about it, and how it comes back. Whatever
/// changes what the shard keeps takes the row of the shard first, so that no page which was prepared before is committed after.
/// </summary>
internal static class StoppedModels
{
    private const string FindSql = """
        select failed, error from ledger.read_models_apart where shard = $1 and name = $2 and failed is not null for update
        """;

    /// <summary>The model has come to an event that it cannot handle. Part of the transaction that writes what came before.</summary>
    public static NpgsqlBatchCommand Stop(string shard, Projection model, FailedEvent failure) => new(
        """
        insert into ledger.read_models_apart (shard, name, position, failed, error, stopped_at)
        values ($1, $2, $3 - 1, $3, $4, now())
        on conflict (shard, name) do update set position = excluded.position, failed = excluded.failed, error = excluded.error,
          stopped_at = excluded.stopped_at
        """)
    {
        Parameters = { SqlValue.Of(shard), SqlValue.Of(model.Name), SqlValue.Of(failure.Position), SqlValue.Of(Describe(failure.Cause)) },
    };

    /// <summary>Has pages refused that were prepared before.</summary>
    public static NpgsqlBatchCommand NextGeneration(string shard) =>
        new("update ledger.read_models set generation = generation + 1 where shard = $1") { Parameters = { SqlValue.Of(shard) } };

    /// <summary>Has the event tried again; false when the model is not stopped.</summary>
    public static Task<bool> RetryAsync(NpgsqlDataSource dataSource, string shard, string model, string actor, CancellationToken cancellation) =>
        GoOnAsync(dataSource, shard, model, ProjectionAction.Retry, actor, null, null, cancellation);

    /// <summary>Has the model leave the event out, now and in every rebuild; false when it has not stopped at it.</summary>
    public static Task<bool> SkipAsync(
        NpgsqlDataSource dataSource,
        string shard,
        string model,
        long position,
        string reason,
        string actor,
        CancellationToken cancellation) =>
        GoOnAsync(dataSource, shard, model, ProjectionAction.Skip, actor, position, reason, cancellation);

    /// <summary>Short enough to be kept, and without what the database cannot hold.</summary>
    public static string Describe(Exception failure)
    {
        const int Longest = 2_000;
        var error = $"{failure.GetType().Name}: {failure.Message}".Replace('\0', ' ');
        return error.Length > Longest ? error[..Longest] : error;
    }

    /// <summary>The action and its record are one transaction: of two at once the second finds that the model no longer stands there.</summary>
    private static async Task<bool> GoOnAsync(
        NpgsqlDataSource dataSource,
        string shard,
        string model,
        string action,
        string actor,
        long? skipped,
        string? reason,
        CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await FindAsync(connection, shard, model, cancellation) is not { } stopped || (skipped is not null && skipped != stopped.Failed))
        {
            return false;
        }

        await using var goOn = new NpgsqlCommand(
            "update ledger.read_models_apart set failed = null, error = null, stopped_at = null where shard = $1 and name = $2", connection)
        {
            Parameters = { SqlValue.Of(shard), SqlValue.Of(model) },
        };
        await goOn.ExecuteNonQueryAsync(cancellation);
        await using var record = ProjectionAction.Write(
            connection, model, action, actor, stopped.Failed, stopped.Error, reason);
        await record.ExecuteNonQueryAsync(cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private static async Task<(long Failed, string? Error)?> FindAsync(
        NpgsqlConnection connection, string shard, string model, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(FindSql, connection) { Parameters = { SqlValue.Of(shard), SqlValue.Of(model) } };
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await reader.ReadAsync(cancellation) ? (reader.GetInt64(0), reader.GetStringOrNull(1)) : null;
    }
}
