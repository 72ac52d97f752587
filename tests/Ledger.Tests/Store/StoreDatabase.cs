using Ledger.Store.Postgres;
using Ledger.Support;
using Npgsql;

namespace Ledger.Tests.Store;

/// <summary>A test class's own database with the store's schema in it.</summary>
public sealed class StoreDatabase : IAsyncLifetime
{
    private readonly TestDatabase database = new();

    // Of its own and without a pool: tests kill what is in the other one.
    private NpgsqlDataSource outside = null!;

    public string ConnectionString => database.ConnectionString;

    /// <summary>Where the stores under test find their connections.</summary>
    public NpgsqlDataSource Source { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Source = NpgsqlDataSource.Create(database.ConnectionString);
        outside = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        await SchemaUpgrade.ApplyAsync(Source, [], default);
    }

    public async Task DisposeAsync()
    {
        await Source.DisposeAsync();
        await outside.DisposeAsync();
        database.Dispose();
    }

    public async Task<T> ReadAsync<T>(string sql, params object[] values)
    {
        await using var command = CreateCommand(sql, values);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql, params object[] values)
    {
        await using var command = CreateCommand(sql, values);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Terminates every backend that is appending or was the last time it did anything.</summary>
    public Task<long> TerminateWritersAsync() => ReadAsync<long>(
        """
        select count(*) filter (where pg_terminate_backend(pid)) from pg_stat_activity
        where datname = current_database() and query like '%append_events%' and pid <> pg_backend_pid()
        """);

    /// <summary>Backends that wait for the head row.</summary>
    public Task<long> BlockedWritersAsync() => ReadAsync<long>(
        """
        select count(*) from pg_stat_activity
        where datname = current_database() and query like '%append_events%' and wait_event_type = 'Lock' and pid <> pg_backend_pid()
        """);

    /// <summary>Keeps every writer from writing until it is disposed.</summary>
    public async Task<HeldHead> HoldHeadAsync()
    {
        var connection = await outside.OpenConnectionAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("select position from ledger.head for update", connection);
        await hold.ExecuteNonQueryAsync();
        return new HeldHead(connection, transaction);
    }

    private NpgsqlCommand CreateCommand(string sql, object[] values)
    {
        var command = outside.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return command;
    }
}

/// <summary>A lock on the head row.</summary>
public sealed class HeldHead(NpgsqlConnection connection, NpgsqlTransaction transaction) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
    }
}
