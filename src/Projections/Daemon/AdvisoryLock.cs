using Npgsql;

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
    public static async Task<AdvisoryLock?> TryTakeAsync(NpgsqlDataSource dataSource, string name, CancellationToken cancellation)
    {
        var taken = new AdvisoryLock(await dataSource.OpenConnectionAsync(cancellation));
        var isHeld = false;
        try
        {
            await using var command = new NpgsqlCommand("select pg_try_advisory_lock(hashtextextended($1, 0))", taken.Connection);
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
            isHeld = await command.ExecuteScalarAsync(cancellation) is true;
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
}
