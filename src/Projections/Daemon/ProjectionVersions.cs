using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Sees to it that the stored rows of each projection are those of the version that starts: rows of another version go, tables and
/// checkpoint with them, and are made anew from the first event on. To be done before the schema is brought up to date, which then makes
/// the tables as this version wants them. The host that starts last decides; an owner of another version is refused from here on.
/// </summary>
public static class ProjectionVersions
{
    /// <summary>Drops what other versions have made.</summary>
    /// <param name="dataSource">The database; a ledger's, or an empty one.</param>
    /// <param name="projections">The projections of this host, with their versions; those without tables keep their place.</param>
    /// <param name="cancellation">Ends the work; nothing has happened then.</param>
    /// <returns>The checkpoints of the versions that have gone.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<string>> ApplyAsync(
        NpgsqlDataSource dataSource, IEnumerable<Projection> projections, CancellationToken cancellation)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await ScalarAsync(connection, "select to_regclass('ledger.projections') is not null", [], cancellation) is not true)
        {
            return [];
        }

        // Hosts start one after the other here; the rows of the checkpoints are locked, so that owners wait and are then refused.
        await ScalarAsync(connection, "select pg_advisory_xact_lock(hashtextextended('ledger projection versions', 0))", [], cancellation);
        var gone = new List<string>();
        foreach (var projection in projections)
        {
            var tables = ProjectionTables.Of(projection);
            if (tables.Exist && await ForgetOthersAsync(connection, projection, cancellation) is { Length: > 0 } others)
            {
                await RemakeAsync(connection, projection, tables, cancellation);
                gone.AddRange(others);
            }
        }

        await transaction.CommitAsync(cancellation);
        return gone;
    }

    private static async Task<string[]> ForgetOthersAsync(
        NpgsqlConnection connection, Projection projection, CancellationToken cancellation) => (string[])(await ScalarAsync(
        connection,
        """
        with owners as (
          delete from ledger.projections where split_part(name, ':', 1) = $1 and name <> $2
        ), gone as (
          delete from ledger.mt_event_progression where split_part(name, ':', 1) = $1 and name <> $2 returning name
        )
        select coalesce(array_agg(name::text), '{}') from gone
        """,
        [projection.Name, projection.Checkpoint],
        cancellation))!;

    private static async Task RemakeAsync(
        NpgsqlConnection connection, Projection projection, ProjectionTables tables, CancellationToken cancellation)
    {
        foreach (var table in tables.Names)
        {
            await ScalarAsync(connection, $"drop table if exists {ProjectionSchema.Live}.{table}", [], cancellation);
        }

        // The files of these tables are new once more; the checkpoint says at once whose version the rows are.
        await ScalarAsync(
            connection,
            "delete from ledger.schema_version where file = any($1)",
            [tables.Files.Select(file => file.Name).ToArray()],
            cancellation);
        await ScalarAsync(
            connection,
            """
            insert into ledger.mt_event_progression (name, last_seq_id) values ($1, 0)
            on conflict (name) do update set last_seq_id = 0
            """,
            [projection.Checkpoint],
            cancellation);
        await ScalarAsync(connection, "update ledger.projections set epoch = epoch + 1 where name = $1", [projection.Checkpoint], cancellation);
    }

    private static async Task<object?> ScalarAsync(
        NpgsqlConnection connection, string sql, object[] values, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return await command.ExecuteScalarAsync(cancellation);
    }
}
