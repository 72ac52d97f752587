using Ledger.Embedded;
using Ledger.Http.Settings;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Http.Hosting;

/// <summary>The database of this host: the one that a connection string names, else one of its own (storage.md, Embedded default).</summary>
internal sealed class LedgerDatabase : IAsyncDisposable
{
    private readonly EmbeddedPostgres? embedded;

    private LedgerDatabase(NpgsqlDataSource source, EmbeddedPostgres? embedded)
    {
        Source = source;
        this.embedded = embedded;
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>Where the embedded one and the bootstrap key are kept; null with a connection string.</summary>
    public string? DataDirectory => embedded?.DataDirectory;

    /// <summary>Finds or starts the database and brings its schema up to date.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no PostgreSQL to start; the message says what to install.</exception>
    /// <exception cref="Store.StoreUnavailableException">The named database cannot be reached.</exception>
    public static async Task<LedgerDatabase> OpenAsync(
        string? connectionString, LedgerSettings settings, ILoggerFactory loggers, CancellationToken cancellation)
    {
        EmbeddedPostgres? own = null;
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            own = await EmbeddedPostgres.StartAsync(
                new EmbeddedPostgresOptions
                {
                    DataDirectory = settings.DataDirectory,
                    BinDirectory = settings.Postgres.BinDirectory,
                },
                loggers.CreateLogger<EmbeddedPostgres>(),
                cancellation);
            connectionString = own.ConnectionString;
        }

        var builder = new NpgsqlDataSourceBuilder(connectionString) { Name = "ledger" };
        builder.ConnectionStringBuilder.ApplicationName ??= "ledger";
        builder.ConnectionStringBuilder.MaxPoolSize = settings.Postgres.MaximumConnections;
        builder.ConnectionStringBuilder.MaxAutoPrepare = 50;
        builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
        var source = builder.Build();
        try
        {
            await SchemaUpgrade.ApplyAsync(source, [typeof(Projections.AssemblyMarker).Assembly, typeof(LedgerDatabase).Assembly], cancellation);
            return new LedgerDatabase(source, own);
        }
        catch
        {
            await source.DisposeAsync();
            await (own?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }
}
