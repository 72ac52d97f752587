using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>Which read models the database has rows of, and of which version.</summary>
public static class RegisteredModels
{
    /// <summary>Asks for the versions of a shard's models.</summary>
    internal const string VersionsSql = "select name, version from ledger.read_models_known where shard = $1";

    /// <summary>
    /// Makes the models known to the database, once at the start. The rows of one that is new to it, or of another version, are made anew from
    /// the first event on, apart from the others.
    /// </summary>
    /// <param name="dataSource">The database, whose schema is up to date.</param>
    /// <param name="models">The models.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    /// <returns>How many are made anew.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<int> RegisterAsync(
        NpgsqlDataSource dataSource, IReadOnlyList<Projection> models, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var isFirst = await RunAsync("insert into ledger.read_models (shard) values ($1) on conflict (shard) do nothing") > 0;
        await RunAsync("select from ledger.read_models where shard = $1 for update");
        var known = await VersionsAsync(connection, cancellation);
        var anew = 0;
        foreach (var model in models)
        {
            var before = known.GetValueOrDefault(model.Name);
            if (before >= model.Version)
            {
                continue; // The rows are these, or those of a newer host, which keeps them.
            }

            await RunAsync(
                """
                insert into ledger.read_models_known (shard, name, version) values ($1, $2, $3)
                on conflict (shard, name) do update set version = excluded.version
                """,
                SqlValue.Of(model.Name),
                new NpgsqlParameter<int> { TypedValue = model.Version });
            if (!isFirst)
            {
                await RemakeAsync(connection, model, cancellation);
                await RunAsync(
                    """
                    insert into ledger.read_models_apart (shard, name, position) values ($1, $2, 0)
                    on conflict (shard, name) do update set position = 0, failed = null, error = null, stopped_at = null
                    """,
                    SqlValue.Of(model.Name));
                await RunAsync("update ledger.read_models set generation = generation + 1 where shard = $1");
                anew++;
            }
        }

        await transaction.CommitAsync(cancellation);
        return anew;

        async Task<int> RunAsync(string sql, params NpgsqlParameter[] parameters)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.Add(SqlValue.Of(ReadModelShard.Shard));
            command.Parameters.AddRange(parameters);
            return await command.ExecuteNonQueryAsync(cancellation);
        }
    }

    /// <summary>The models that <see cref="RegisterAsync"/> would have made anew.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> FindOutdatedAsync(
        NpgsqlDataSource dataSource, IReadOnlyList<Projection> models, CancellationToken cancellation = default)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        var known = await VersionsAsync(connection, cancellation);
        return [.. models.Where(model => known.GetValueOrDefault(model.Name) < model.Version).Select(model => model.Name)];
    }

    /// <summary>The version of each model's rows.</summary>
    internal static async Task<IReadOnlyDictionary<string, int>> VersionsAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(VersionsSql, connection);
        command.Parameters.Add(SqlValue.Of(ReadModelShard.Shard));
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        return await ReadVersionsAsync(reader, cancellation);
    }

    /// <summary>Reads what <see cref="VersionsSql"/> has answered.</summary>
    internal static async Task<IReadOnlyDictionary<string, int>> ReadVersionsAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        var versions = new Dictionary<string, int>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellation))
        {
            versions.Add(reader.GetString(0), reader.GetInt32(1));
        }

        return versions;
    }

    private static async Task RemakeAsync(NpgsqlConnection connection, Projection model, CancellationToken cancellation)
    {
        var tables = ProjectionTables.Of(model);
        foreach (var sql in tables.Names.Select(table => $"drop table if exists {ProjectionSchema.Live}.{table}")
            .Append($"set local search_path to {ProjectionSchema.Live}")
            .Concat(tables.Files.Select(file => file.Sql)))
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(cancellation);
        }
    }
}
