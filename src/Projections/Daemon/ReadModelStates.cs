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

/// <summary>Something that was done to a projection by hand, or came of it.</summary>
/// <param name="Number">Its number, ascending.</param>
/// <param name="Projection">The projection.</param>
/// <param name="Action">What: <c>retry</c>, <c>skip</c>, <c>rebuild</c>, <c>rebuilt</c>, <c>rebuildFailed</c> or <c>discard</c>.</param>
/// <param name="Actor">Who asked for it.</param>
/// <param name="At">When, by the database's clock.</param>
/// <param name="Position">The event that it is about, or the position that it was done at; null for none.</param>
/// <param name="Error">What stood in its way; null for nothing.</param>
/// <param name="Reason">Why, or with what result; null where nothing was said.</param>
public sealed record ProjectionAction(
    long Number, string Projection, string Action, string Actor, DateTimeOffset At, long? Position, string? Error, string? Reason)
{
    internal const string Retry = "retry";
    internal const string Skip = "skip";
    internal const string Rebuild = "rebuild";
    internal const string Rebuilt = "rebuilt";
    internal const string RebuildFailed = "rebuildFailed";
    internal const string Discard = "discard";

    // Of each projection the newest: an index scan that ends after the limit.
    private const string ReadSql = """
        select a.id, a.projection, a.action, a.actor, a.at, a.position, a.error, a.reason
        from unnest($1) as p(name)
        cross join lateral (
          select * from ledger.projection_actions a where a.projection = p.name and a.id < $2 order by a.id desc limit $3
        ) a
        order by a.projection, a.id desc
        """;

    private const string WriteSql = """
        insert into ledger.projection_actions (projection, action, actor, position, error, reason) values ($1, $2, $3, $4, $5, $6)
        """;

    internal static async Task<IReadOnlyList<ProjectionAction>> ReadAsync(
        NpgsqlDataSource dataSource, string[] projections, int limit, long before, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(ReadSql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = projections });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = before });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var actions = new List<ProjectionAction>();
        while (await reader.ReadAsync(cancellation))
        {
            actions.Add(new ProjectionAction(
                reader.GetInt64(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetFieldValue<DateTimeOffset>(4),
                reader.GetFieldValue<long?>(5),
                reader.GetStringOrNull(6),
                reader.GetStringOrNull(7)));
        }

        return actions;
    }

    /// <summary>The statement that records an action, to run in the transaction that does it.</summary>
    internal static NpgsqlCommand Write(
        NpgsqlConnection connection, string projection, string action, string actor, long? position, string? error, string? reason) =>
        new(WriteSql, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = projection },
                new NpgsqlParameter<string> { TypedValue = action },
                new NpgsqlParameter<string> { TypedValue = actor },
                new NpgsqlParameter<long?> { TypedValue = position },
                new NpgsqlParameter<string?> { TypedValue = error },
                new NpgsqlParameter<string?> { TypedValue = reason },
            },
        };
}
