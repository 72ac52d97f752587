using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Bench;

/// <summary>The database under measurement, with the ledger's schema.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private BenchDatabase(NpgsqlDataSource source)
    {
        Source = source;
        Store = new PostgresEventStore(source);
    }

    public NpgsqlDataSource Source { get; }

    public PostgresEventStore Store { get; }

    public static async Task<BenchDatabase> CreateAsync(string connectionString)
    {
        var source = NpgsqlDataSource.Create(connectionString);
        await SchemaUpgrade.ApplyAsync(source, [], CancellationToken.None);
        return new BenchDatabase(source);
    }

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await Source.DisposeAsync();
    }
}
