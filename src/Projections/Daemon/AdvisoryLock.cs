using Npgsql;
using NpgsqlTypes;

namespace Ledger.Projections.Daemon;

/// <summary>
/// A lock of the database by name, which at most one connection holds, and no longer than it lasts. Work that only the holder may do goes
/// through that connection: once the lock is lost, it fails.
/// </summary>
internal sealed class AdvisoryLock : IAsyncDisposable
{
    private AdvisoryLock(NpgsqlConnection connection) => Connection = connection;

    /// <summary>The connection that holds the lock.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>Takes the lock; null when another connection has it.</summary>
    public static Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource dataSource, string name, CancellationToken cancellation) =>
        TryTakeAsync(dataSource, name, (_, _) => Task.FromResult(false), cancellation);

    /// <summary>Takes the lock, also from a holder that has not used its connection for some time, such as a process that is stopped.</summary>
    public static Task<AdvisoryLock?> TryTakeAsync(
        NpgsqlDataSource dataSource, string name, TimeSpan silence, CancellationToken cancellation) =>
        TryTakeAsync(
            dataSource,
            name,
            async (connection, ending) =>
            {
                await using var command = new NpgsqlCommand("select ledger.evict_lock_holder($1, $2)", connection);
                command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
                command.Parameters.Add(new NpgsqlParameter<TimeSpan> { TypedValue = silence, NpgsqlDbType = NpgsqlDbType.Interval });
                return await command.ExecuteScalarAsync(ending) is true;
            },
            cancellation);

    /// <summary>Takes the lock; null when another connection has it and was not made to give it up.</summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="name">The lock's name.</param>
    /// <param name="evict">Called when another connection has it: ends that connection and says so, or leaves it alone.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async Task<AdvisoryLock?> TryTakeAsync(
        NpgsqlDataSource dataSource,
        string name,
        Func<NpgsqlConnection, CancellationToken, Task<bool>> evict,
        CancellationToken cancellation)
    {
        var taken = new AdvisoryLock(await dataSource.OpenConnectionAsync(cancellation));
        var isHeld = false;
        try
        {
            isHeld = await taken.TryTakeAsync(name, cancellation)
                || (await evict(taken.Connection, cancellation) && await taken.TryTakeAsync(name, cancellation));
            return isHeld ? taken : null;
        }
        finally
        {
            if (!isHeld)
            {
                await taken.DisposeAsync();
            }
        }
    }

    /// <summary>Gives the lock back: by name, since the pool keeps the connection; a broken connection has none to give back.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await using var command = new NpgsqlCommand("select pg_advisory_unlock_all()", Connection);
            await command.ExecuteNonQueryAsync(CancellationToken.None);
        }
        catch (Exception gone) when (Outage.Is(gone) || gone is InvalidOperationException)
        {
            // Nothing is held through a connection that is broken or closed.
        }
        finally
        {
            await Connection.DisposeAsync();
        }
    }

    private async Task<bool> TryTakeAsync(string name, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended($1, 0))", Connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await command.ExecuteScalarAsync(cancellation) is true;
    }
}
