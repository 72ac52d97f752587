using System.Net.Sockets;
using System.Reflection;
using Ledger.Http.Embedded;
using Ledger.Web;

namespace Ledger.Http.Hosting;

/// <summary>
/// The database of this host: the one that a connection string names, else one of its own (docs/operations.md#embedded-postgresql).
/// </summary>
public sealed class LedgerDatabase : IAsyncDisposable
{
    private const string Setting = "ConnectionStrings:Ledger";

    private readonly EmbeddedPostgres? embedded;

    private LedgerDatabase(NpgsqlDataSource source, EmbeddedPostgres? embedded, string place)
    {
        Source = source;
        this.embedded = embedded;
        Place = place;
    }

    /// <summary>The assemblies that keep something in the database: tables of their own, or documents.</summary>
    public static IReadOnlyList<Assembly> Parts { get; } = [typeof(LedgerStore).Assembly, typeof(Projections.AssemblyMarker).Assembly, typeof(WebParts).Assembly, typeof(LedgerDatabase).Assembly];

    public NpgsqlDataSource Source { get; }

    /// <summary>Whether no other host can use it.</summary>
    public bool IsEmbedded => embedded is not null;

    /// <summary>Where the data is, for people.</summary>
    public string Place { get; }

    /// <summary>A database that nobody asks anything, for verbs that only look at how the host is composed.</summary>
    public static LedgerDatabase None() => new(NpgsqlDataSource.Create("Host=localhost"), null, "");

    /// <summary>Finds or starts the database.</summary>
    /// <exception cref="EmbeddedPostgresException">There is no PostgreSQL to start; the message says what to install.</exception>
    /// <exception cref="SettingsException">The named database cannot be used; the message says where it is and what it says.</exception>
    public static async Task<LedgerDatabase> OpenAsync(
        string? connectionString, LedgerSettings settings, ILoggerFactory loggers, CancellationToken cancellation)
    {
        if (!string.IsNullOrWhiteSpace(connectionString))
        {
            var (named, where) = Prepare(connectionString, settings, isShared: settings.SingleHost is not true);
            await ReachAsync(named, where, cancellation);
            return new LedgerDatabase(named, null, $"the PostgreSQL database {where}");
        }

        var own = await EmbeddedPostgres.StartAsync(
            new EmbeddedPostgresOptions(settings.DataDirectory, settings.Postgres.BinDirectory),
            loggers.CreateLogger<EmbeddedPostgres>(),
            cancellation);
        return new LedgerDatabase(Prepare(own.ConnectionString, settings, isShared: false).Source, own, $"{own.DataDirectory}, in a PostgreSQL of the host's own");
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        if (embedded is not null)
        {
            await embedded.DisposeAsync();
        }
    }

    private static (NpgsqlDataSource Source, string Where) Prepare(string connectionString, LedgerSettings settings, bool isShared)
    {
        try
        {
            var builder = new NpgsqlDataSourceBuilder(connectionString) { Name = "ledger" };
            builder.ConnectionStringBuilder.ApplicationName ??= "ledger";
            builder.ConnectionStringBuilder.MaxPoolSize = settings.Postgres.MaximumConnections;
            builder.ConnectionStringBuilder.MaxAutoPrepare = 50;
            builder.ConnectionStringBuilder.AutoPrepareMinUsages = 2;
            builder.ConnectionStringBuilder.Timezone = "UTC"; // Marten's function gives events a time without a zone.
            if (isShared)
            {
                FrozenHosts.Configure(builder.ConnectionStringBuilder);
            }

            var named = builder.ConnectionStringBuilder;
            return (builder.Build(), $"'{named.Database ?? named.Username}' on {named.Host}:{named.Port}");
        }
        catch (Exception fault) when (fault is ArgumentException or FormatException or InvalidCastException or KeyNotFoundException)
        {
            throw new SettingsException(
                $"{Setting} is no connection string ({fault.Message.Split('\n')[0].TrimEnd('.', '\r')}): write 'Host=…;Port=5432;Database=…;Username=…;Password=…'.");
        }
    }

    private static async Task ReachAsync(NpgsqlDataSource source, string where, CancellationToken cancellation)
    {
        try
        {
            await using var connection = await source.OpenConnectionAsync(cancellation);
        }
        catch (Exception fault) when (fault is NpgsqlException or SocketException or TimeoutException)
        {
            await source.DisposeAsync();
            throw new SettingsException(fault is PostgresException refusal
                ? $"the database {where} refuses the connection ({refusal.MessageText}): correct {Setting}, or make what it names."
                : $"the database {where} cannot be reached ({fault.GetBaseException().Message}): start it, or correct {Setting}.");
        }
    }
}
