using System.Globalization;
using Ledger.Http.Settings;
using Ledger.Http.Telemetry;

namespace Ledger.Http.Hosting;

/// <summary>The composition of the host: what it is made of, in which order it starts, and which routes it serves.</summary>
internal sealed class LedgerHost : IAsyncDisposable
{
    private const string DefaultAddress = "http://127.0.0.1:5080";

    private readonly LedgerDatabase database;

    private LedgerHost(WebApplication app, LedgerDatabase database)
    {
        App = app;
        this.database = database;
    }

    public WebApplication App { get; }

    /// <summary>Opens the database and composes the host; it serves after <see cref="RunAsync"/> or the app's start.</summary>
    /// <param name="args">Settings on the command line.</param>
    /// <param name="configure">Changes to the builder, for tests.</param>
    public static async Task<LedgerHost> BuildAsync(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            console.UseUtcTimestamp = true;
        });
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter("Npgsql", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        configure?.Invoke(builder);
        if (builder.Configuration[WebHostDefaults.ServerUrlsKey] is null && !builder.Configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            builder.WebHost.UseUrls(DefaultAddress);
        }

        var settings = ReadSettings(builder.Configuration);
        using var loggers = LoggerFactory.Create(logging => logging.AddConfiguration(builder.Configuration.GetSection("Logging")).AddSimpleConsole());
        var opened = await LedgerDatabase.OpenAsync(
            builder.Configuration.GetConnectionString("Ledger"), settings, loggers, CancellationToken.None);
        try
        {
            builder.Services.AddLedger(settings, opened);
            builder.AddTelemetry(); // After the parts that make the tables which it reads.
            var app = builder.Build();
            app.UseLedger();
            return new LedgerHost(app, opened);
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    public Task RunAsync() => App.RunAsync();

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await database.DisposeAsync();
    }

    private static LedgerSettings ReadSettings(IConfiguration configuration)
    {
        LedgerSettings settings;
        try
        {
            settings = configuration.GetSection(LedgerSettings.Section).Get<LedgerSettings>() ?? new LedgerSettings();
        }
        catch (InvalidOperationException fault)
        {
            throw new SettingsException(string.Create(CultureInfo.InvariantCulture, $"{fault.Message} {fault.InnerException?.Message}"));
        }

        return settings.Fault() is { } wrong ? throw new SettingsException(wrong) : settings;
    }
}
