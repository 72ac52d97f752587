using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>A writer's own connection: opened when it is needed, dropped when it is lost.</summary>
internal sealed class WriterConnection(NpgsqlDataSource dataSource, TimeSpan timeout) : IAsyncDisposable
{
    // Whoever configures the server for speed must not take the durability of events away (storage.md).
    private const string Durable =
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";

    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5);

    private NpgsqlConnection? connection;
    private AppendBatch? batch;

    /// <summary>Writes a batch, on a new connection if there is none.</summary>
    public async Task<BatchVerdict> WriteAsync(IReadOnlyList<PendingUnit> units)
    {
        batch ??= await OpenAsync();
        return await batch.WriteAsync(units);
    }

    /// <summary>Gives the connection up; the next write opens another.</summary>
    public async ValueTask DropAsync()
    {
        batch?.Dispose();
        batch = null;
        if (connection is { } open)
        {
            connection = null;
            await open.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => DropAsync();

    private async Task<AppendBatch> OpenAsync()
    {
        using var limit = new CancellationTokenSource(timeout < LongestConnect ? timeout : LongestConnect);
        connection = await dataSource.OpenConnectionAsync(limit.Token);
        await using (var durable = new NpgsqlCommand(Durable, connection))
        {
            await durable.ExecuteNonQueryAsync(limit.Token);
        }

        var prepared = new AppendBatch(connection, timeout);
        await prepared.PrepareAsync(limit.Token);
        return prepared;
    }
}
