using Ledger.Http.Embedded;
using Ledger.Http.ReadModels;
using Ledger.Http.Settings;
using Ledger.Projections.Daemon;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Http.Hosting;

/// <summary>
/// The database of this host: the one that a connection string names, else one of its own (docs/deployment.md#embedded-postgresql).
/// </summary>
public sealed partial class LedgerDatabase : IAsyncDisposable
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
            await ForgetOtherVersionsAsync(source, loggers, cancellation);
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

    private static async Task ForgetOtherVersionsAsync(NpgsqlDataSource source, ILoggerFactory loggers, CancellationToken cancellation)
    {
        var gone = await Http.Database.RunAsync(() => ProjectionVersions.ApplyAsync(source, ReadModelParts.Rows, cancellation));
        foreach (var checkpoint in gone)
        {
            LogForgotten(loggers.CreateLogger<LedgerDatabase>(), checkpoint);
        }
    }

    [LoggerMessage(LogLevel.Information, "The rows of {Checkpoint} were made by another version, and are made anew.")]
    private static partial void LogForgotten(ILogger log, string checkpoint);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }
}
