using System.Reflection;

namespace Ledger.Store.Postgres;

/// <summary>
/// Brings the database's schema up to date: applies each file that is new or has changed, in order, in one transaction and under an
/// advisory lock, so that hosts may start at the same time. A file may therefore be run again, and is written so that it can.
/// </summary>
public static class SchemaUpgrade
{
    // Any number will do, as long as it is always the same.
    private const long Lock = 0x6c65_6467_6572;

    // Holds the lock for as long as it takes, whatever the connection's settings say of a transaction that does nothing meanwhile.
    private const string AloneSql = "select set_config('idle_in_transaction_session_timeout', '0', true), pg_advisory_xact_lock($1)";

    /// <summary>
    /// Has Marten make what it needs, also for the documents of further assemblies, then applies the store's own files and theirs in the order
    /// given.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached, or refuses a file.</exception>
    public static async Task ApplyAsync(NpgsqlDataSource dataSource, IReadOnlyList<Assembly> further, CancellationToken cancellation)
    {
        try
        {
            // Marten's own comparison of the schema is not safe when two hosts start at once.
            await using var alone = await dataSource.OpenConnectionAsync(cancellation);
            await using var transaction = await alone.BeginTransactionAsync(cancellation);
            await ExecuteAsync(alone, AloneSql, cancellation, Lock + 1);
            await using var store = LedgerStore.Open(dataSource, further);
            await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        }
        catch (Exception outage) when (outage is NpgsqlException or { InnerException: NpgsqlException })
        {
            throw Outage.ForCaller(outage as NpgsqlException ?? outage.InnerException!);
        }

        await ApplyFilesAsync(
            dataSource, [.. further.Prepend(typeof(SchemaUpgrade).Assembly).Distinct().SelectMany(SchemaFile.Of)], cancellation);
    }

    /// <summary>The store's own files and those of further assemblies that are new or have changed.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public static async Task<IReadOnlyList<SchemaFile>> FindDueAsync(
        NpgsqlDataSource dataSource, IEnumerable<Assembly> further, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellation);
            var applied = await ReadAppliedAsync(connection, cancellation);
            return [.. further.Prepend(typeof(SchemaUpgrade).Assembly).Distinct().SelectMany(SchemaFile.Of)
                .Where(file => applied.GetValueOrDefault(file.Name) != file.Checksum)];
        }
        catch (NpgsqlException outage)
        {
            throw Outage.ForCaller(outage);
        }
    }

    internal static async Task ApplyFilesAsync(NpgsqlDataSource dataSource, IReadOnlyList<SchemaFile> files, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await dataSource.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await ExecuteAsync(connection, "select pg_advisory_xact_lock($1)", cancellation, Lock);
            await ExecuteAsync(connection, "set local search_path to ledger", cancellation); // Where a file does not say where to.
            var applied = await ReadAppliedAsync(connection, cancellation);
            var due = files.Where(file => applied.GetValueOrDefault(file.Name) != file.Checksum).ToList();
            foreach (var file in due)
            {
                await ExecuteAsync(connection, file, cancellation);
            }

            foreach (var file in due)
            {
                await ExecuteAsync(
                    connection,
                    """
                    insert into ledger.schema_version (file, checksum) values ($1, $2)
                    on conflict (file) do update set checksum = excluded.checksum, applied_at = excluded.applied_at
                    """,
                    cancellation,
                    file.Name,
                    file.Checksum);
            }

            await transaction.CommitAsync(cancellation);
        }
        catch (NpgsqlException outage)
        {
            throw Outage.ForCaller(outage);
        }
    }

    private static async Task<Dictionary<string, string>> ReadAppliedAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var applied = new Dictionary<string, string>();
        await using var known = new NpgsqlCommand("select to_regclass('ledger.schema_version') is not null", connection);
        if (await known.ExecuteScalarAsync(cancellation) is not true)
        {
            return applied;
        }

        await using var command = new NpgsqlCommand("select file, checksum from ledger.schema_version", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            applied.Add(reader.GetString(0), reader.GetString(1));
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, SchemaFile file, CancellationToken cancellation)
    {
        try
        {
            await ExecuteAsync(connection, file.Sql, cancellation);
        }
        catch (PostgresException refusal) when (!Outage.Is(refusal))
        {
            throw new StoreUnavailableException($"The database refuses the schema file {file.Name}: {refusal.MessageText}.", refusal);
        }
    }

    // Another host may upgrade for longer than a statement may usually take, and so may an index of a large table.
    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellation);
    }
}
