using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>A writer's own connection: opened when it is needed, dropped when it is lost.</summary>
internal sealed class WriterConnection(NpgsqlDataSource dataSource, TimeSpan timeout) : IAsyncDisposable
{
    // Whoever configures the server for speed must not take the durability of events away (storage.md).
    private const string Durable =
        "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";

    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5);

    private NpgsqlConnection? _connection;
    private AppendBatch? _batch;

    /// <summary>Writes a batch, on a new connection if there is none.</summary>
    public async Task<BatchVerdict> WriteAsync(IReadOnlyList<PendingUnit> units)
    {
        _batch ??= await OpenAsync();
        return await _batch.WriteAsync(units);
    }

    /// <summary>Gives the connection up; the next write opens another.</summary>
    public async ValueTask DropAsync()
    {
        _batch?.Dispose();
        _batch = null;
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    public ValueTask DisposeAsync() => DropAsync();

    private async Task<AppendBatch> OpenAsync()
    {
        using var limit = new CancellationTokenSource(timeout < LongestConnect ? timeout : LongestConnect);
        _connection = await dataSource.OpenConnectionAsync(limit.Token);
        await using (var durable = new NpgsqlCommand(Durable, _connection))
        {
            await durable.ExecuteNonQueryAsync(limit.Token);
        }

        var batch = new AppendBatch(_connection, timeout);
        await batch.PrepareAsync(limit.Token);
        return batch;
    }
}
