namespace Ledger.Projections.Daemon;

/// <summary>How far the shard has come, which read models it keeps, and which events they leave out, as the database says for all hosts.</summary>
/// <param name="Generation">Counts the changes to which models the shard keeps.</param>
/// <param name="Position">The last event that is in the rows of those that it keeps.</param>
/// <param name="Skipped">The events that an operator had a model leave out.</param>
internal sealed record ReadModelStates(
    long Generation,
    long Position,
    IReadOnlySet<string> Apart,
    IReadOnlyDictionary<string, int> Versions,
    IReadOnlySet<(string Model, long Position)> Skipped)
{
    /// <summary>The models that the shard keeps, and the version of their rows.</summary>
    public IEnumerable<(string Name, int Version)> Kept =>
        Versions.Where(known => !Apart.Contains(known.Key)).Select(known => (known.Key, known.Value));

    private const string ReadSql = """
        select generation, position,
          array(select name from ledger.read_models_apart where shard = $1),
          array(select name from ledger.read_models_known where shard = $1 order by name),
          array(select version from ledger.read_models_known where shard = $1 order by name),
          array(select projection from ledger.projection_actions where action = 'skip' order by id),
          array(select position from ledger.projection_actions where action = 'skip' order by id)
        from ledger.read_models where shard = $1
        """;

    public static async Task<ReadModelStates> ReadAsync(NpgsqlConnection connection, string shard, CancellationToken cancellation) => (await connection.QueryAsync(
        ReadSql,
        [shard],
        row => new ReadModelStates(
            row.GetInt64(0),
            row.GetInt64(1),
            row.GetFieldValue<string[]>(2).ToHashSet(StringComparer.Ordinal),
            row.GetFieldValue<string[]>(3).Zip(row.GetFieldValue<int[]>(4)).ToDictionary(StringComparer.Ordinal),
            row.GetFieldValue<string[]>(5).Zip(row.GetFieldValue<long[]>(6)).ToHashSet()),
        cancellation)).Single();
}

/// <summary>Which read models the database has rows of, and of which version.</summary>
public static class RegisteredModels
{
    /// <summary>
    /// Makes the models known to the database, once at the start. The rows of one that is new to it, or of another version, are made anew from
    /// the first event on, apart from the others.
    /// </summary>
    /// <param name="dataSource">The database, whose schema is up to date.</param>
    /// <param name="models">The models.</param>
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
                model.Name,
                model.Version);
            if (!isFirst)
            {
                await RemakeAsync(connection, model, cancellation);
                await RunAsync(
                    """
                    insert into ledger.read_models_apart (shard, name, position) values ($1, $2, 0)
                    on conflict (shard, name) do update set position = 0, failed = null, error = null, stopped_at = null
                    """,
                    model.Name);
                await RunAsync("update ledger.read_models set generation = generation + 1 where shard = $1");
                anew++;
            }
        }

        // What was made anew, or restored, from an earlier position: Marten would hand on nothing before the next append.
        await RunAsync(
            """
            update ledger.mt_event_progression p set last_seq_id = r.position
            from ledger.read_models r where r.shard = $1 and p.name = r.shard and p.last_seq_id > r.position
            """);
        await transaction.CommitAsync(cancellation);
        return anew;

        Task<int> RunAsync(string sql, params object[] values) => connection.ExecuteAsync(sql, [ReadModelShard.Shard, .. values], cancellation);
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

    internal static async Task<IReadOnlyDictionary<string, int>> VersionsAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        (await connection.QueryAsync(
            "select name, version from ledger.read_models_known where shard = $1",
            [ReadModelShard.Shard],
            row => KeyValuePair.Create(row.GetString(0), row.GetInt32(1)),
            cancellation)).ToDictionary(StringComparer.Ordinal);

    private static async Task RemakeAsync(NpgsqlConnection connection, Projection model, CancellationToken cancellation)
    {
        var tables = ProjectionTables.Of(model);
        foreach (var sql in tables.Names.Select(table => $"drop table if exists {ProjectionSchema.Live}.{table}")
            .Append($"set local search_path to {ProjectionSchema.Live}")
            .Concat(tables.Files.Select(file => file.Sql)))
        {
            await connection.ExecuteAsync(sql, [], cancellation);
        }
    }
}

/// <summary>
/// The models that the shard does not keep: how one comes to be so, what an operator can do about it, and how it comes back. Whatever
/// changes what the shard keeps takes the row of the shard first, so that no page which was prepared before is committed after.
/// </summary>
internal static class StoppedModels
{
    /// <summary>The model has come to an event that it cannot handle. Part of the transaction that writes what came before.</summary>
    public static NpgsqlBatchCommand Stop(string shard, Projection model, FailedEvent failure) => Sql.Of(
        """
        insert into ledger.read_models_apart (shard, name, position, failed, error, stopped_at)
        values ($1, $2, $3 - 1, $3, $4, now())
        on conflict (shard, name) do update set position = excluded.position, failed = excluded.failed, error = excluded.error,
          stopped_at = excluded.stopped_at
        """,
        shard,
        model.Name,
        failure.Position,
        Describe(failure.Cause));

    public static NpgsqlBatchCommand NextGeneration(string shard) =>
        Sql.Of("update ledger.read_models set generation = generation + 1 where shard = $1", shard);

    /// <summary>
    /// Has a stopped model go on. The action and its record are one transaction: of two at once the second finds that the model no longer stands there.
    /// </summary>
    /// <param name="skipped">The event that it is to leave out, now and in every rebuild; null to try again.</param>
    /// <returns>False when the model is not stopped, or at another event.</returns>
    public static async Task<bool> GoOnAsync(
        NpgsqlDataSource dataSource, string model, long? skipped, string? reason, string actor, CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var stopped = await connection.QueryAsync(
            "select failed, error from ledger.read_models_apart where shard = $1 and name = $2 and failed is not null for update",
            [ReadModelShard.Shard, model],
            row => (Failed: row.GetInt64(0), Error: row.GetStringOrNull(1)),
            cancellation);
        if (stopped.Count == 0 || (skipped is not null && skipped != stopped[0].Failed))
        {
            return false;
        }

        await connection.ExecuteAsync(
            [
                Sql.Of(
                    "update ledger.read_models_apart set failed = null, error = null, stopped_at = null where shard = $1 and name = $2",
                    ReadModelShard.Shard,
                    model),
                ProjectionAction.Write(
                    model, skipped is null ? ProjectionAction.Retry : ProjectionAction.Skip, actor, stopped[0].Failed, stopped[0].Error, reason),
            ],
            cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    /// <summary>Short enough to be kept, and without what the database cannot hold.</summary>
    public static string Describe(Exception failure)
    {
        const int Longest = 2_000;
        var error = $"{failure.GetType().Name}: {failure.Message}".Replace('\0', ' ');
        return error.Length > Longest ? error[..Longest] : error;
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
        select a.id as number, a.projection, a.action, a.actor, a.at, a.position, a.error, a.reason
        from unnest($1) as p(name)
        cross join lateral (
          select * from ledger.projection_actions a where a.projection = p.name and a.id < $2 order by a.id desc limit $3
        ) a
        order by a.projection, a.id desc
        """;

    internal static Task<List<ProjectionAction>> ReadAsync(
        NpgsqlDataSource dataSource, string[] projections, int limit, long before, CancellationToken cancellation) =>
        dataSource.QueryAsync<ProjectionAction>(ReadSql, [projections, before, limit], cancellation);

    /// <summary>The statement that records an action, to run in the transaction that does it.</summary>
    internal static NpgsqlBatchCommand Write(
        string projection, string action, string actor, long? position = null, string? error = null, string? reason = null) => Sql.Of(
        "insert into ledger.projection_actions (projection, action, actor, position, error, reason) values ($1, $2, $3, $4, $5, $6)",
        projection,
        action,
        actor,
        position,
        error,
        reason);
}
