using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>Which read models the shard keeps, and which events they leave out, as the database says for all hosts.</summary>
/// <param name="Generation">Counts the changes to which models the shard keeps.</param>
/// <param name="Apart">The models that it does not keep, each with the last event that is in its rows.</param>
/// <param name="Versions">The version of each model's rows.</param>
/// <param name="Skipped">The events that an operator had a model leave out.</param>
internal sealed record ReadModelStates(
    long Generation,
    IReadOnlyDictionary<string, long> Apart,
    IReadOnlyDictionary<string, int> Versions,
    IReadOnlySet<(string Model, long Position)> Skipped)
{
    /// <summary>Reads it.</summary>
    /// <param name="connection">Any connection.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="after">Skipped events after this position are asked for.</param>
    /// <param name="cancellation">Ends the read.</param>
    public static async Task<ReadModelStates> ReadAsync(
        NpgsqlConnection connection, string shard, long after, CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection);
        Add("select generation from ledger.read_models where shard = $1", shard);
        Add("select name, position from ledger.read_models_apart where shard = $1", shard);
        Add(RegisteredModels.VersionsSql, shard);
        Add("select projection, position from ledger.projection_actions where action = 'skip' and position > $1", after);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        var generation = await reader.ReadAsync(cancellation) ? reader.GetInt64(0) : throw Missing(shard);
        var apart = new Dictionary<string, long>(StringComparer.Ordinal);
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            apart.Add(reader.GetString(0), reader.GetInt64(1));
        }

        await reader.NextResultAsync(cancellation);
        var versions = await RegisteredModels.ReadVersionsAsync(reader, cancellation);
        var skipped = new HashSet<(string, long)>();
        await reader.NextResultAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            skipped.Add((reader.GetString(0), reader.GetInt64(1)));
        }

        return new ReadModelStates(generation, apart, versions, skipped);

        void Add<T>(string sql, T value) => batch.BatchCommands.Add(
            new NpgsqlBatchCommand(sql) { Parameters = { new NpgsqlParameter<T> { TypedValue = value } } });
    }

    private static InvalidOperationException Missing(string shard) => new($"The read models of {shard} are not known to the database.");
}
