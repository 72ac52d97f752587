using Ledger.Http.Telemetry;
using Wolverine.Runtime;

namespace Ledger.Http.Hosting;

/// <summary>What a host is composed for.</summary>
public enum HostPurpose
{
    /// <summary>To serve.</summary>
    Serve,

    /// <summary>For a verb that works on the database; the host is never started.</summary>
    CommandWithDatabase,

    /// <summary>For a verb that only looks at how the host is composed: there is no database.</summary>
    Command,

    /// <summary>For the build's <c>codegen</c>: there is no database, and no generated code yet.</summary>
    Generate,
}

/// <summary>The composition of the host: what it is made of, in which order it starts, and which routes it serves.</summary>
public sealed class LedgerHost : IAsyncDisposable
{
    // Settings are read once. Whoever waits for changes of their files is woken by each write of a PostgreSQL below the same directory.
    private const string NoReload = "--hostBuilder:reloadConfigOnChange=false";

    private readonly LedgerDatabase database;
    private readonly HostPhase phase;

    private LedgerHost(WebApplication app, LedgerDatabase database, HostPhase phase, bool isAlone)
    {
        App = app;
        IsAlone = isAlone;
        this.database = database;
        this.phase = phase;
    }

    public WebApplication App { get; }

    /// <summary>Whether no other host uses the same database.</summary>
    public bool IsAlone { get; }

    /// <summary>The main job: serves until a signal comes.</summary>
    /// <param name="isDemo">Whether an empty account is filled first (<see cref="Demo.Demo"/>).</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] settings, HostSignals signals, bool isDemo = false)
    {
        await using var host = await BuildAsync(isDemo ? [.. settings, .. Demo.Demo.Settings] : settings, cancellation: signals.Ending);
        if (!host.IsAlone)
        {
            Standstill.Watch();
        }

        try
        {
            await host.StartAsync(signals.Ending);
        }
        catch (Exception fault) when (signals.ExitCode is null)
        {
            return host.FallSilent(StartFault.Tell(fault));
        }

        await using var demo = isDemo ? await Demo.Demo.StartAsync(host.App.Services, signals.Ending) : null;
        FirstLook.Show(host.App.Services, host.database);
        await using var ending = signals.Ending.Register(() => _ = StopAsync());
        await host.App.WaitForShutdownAsync(CancellationToken.None);
        return 0;

        async Task StopAsync()
        {
            await (demo?.StopAsync() ?? Task.CompletedTask);
            host.App.Lifetime.StopApplication();
        }
    }

    /// <summary>Opens the database and composes the host; it serves after <see cref="StartAsync"/>.</summary>
    /// <param name="configure">Changes to the builder, for tests.</param>
    /// <param name="cancellation">Ends the attempt; nothing that it started keeps running.</param>
    public static async Task<LedgerHost> BuildAsync(
        string[] args,
        Action<WebApplicationBuilder>? configure = null,
        HostPurpose purpose = HostPurpose.Serve,
        CancellationToken cancellation = default)
    {
        var phase = new HostPhase();
        var builder = PageAssets.CreateBuilder([NoReload, .. args]);
        LedgerConsole.Add(builder.Logging, phase, builder.Configuration);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        configure?.Invoke(builder);
        builder.Configuration.Sources.Insert(0, new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource
        {
            InitialData = LedgerConsole.Levels(builder.Configuration),
        });

        var settings = LedgerSettings.Read(builder.Configuration);
        Addresses.Apply(builder);
        if (purpose is HostPurpose.Command or HostPurpose.Generate)
        {
            return Compose(builder, settings, LedgerDatabase.None(), phase, purpose);
        }

        using var loggers = LoggerFactory.Create(logging =>
        {
            logging.AddConfiguration(builder.Configuration.GetSection("Logging"));
            LedgerConsole.Add(logging, phase, builder.Configuration);
        });
        var opened = await LedgerDatabase.OpenAsync(builder.Configuration.GetConnectionString("Ledger"), settings, loggers, cancellation);
        try
        {
            var appliesSchema = settings.Database.ApplySchema;
            if (purpose == HostPurpose.Serve && appliesSchema)
            {
                var files = new SchemaFiles(opened.Source);
                await files.Setup(cancellation);
            }

            var host = Compose(builder, settings, opened, phase, purpose);
            if (purpose == HostPurpose.Serve && !appliesSchema)
            {
                await host.App.Services.GetRequiredService<SchemaFiles>().AssertAsync(cancellation);
            }

            return host;
        }
        catch
        {
            await opened.DisposeAsync();
            throw;
        }
    }

    public async Task StartAsync(CancellationToken cancellation)
    {
        await App.StartAsync(cancellation);
        phase.IsServing = true;
    }

    public async ValueTask DisposeAsync()
    {
        phase.IsEnding = true;
        await App.DisposeAsync();
        await database.DisposeAsync();
    }

    /// <summary>
    /// After a start that failed, and was told: what had begun meanwhile ends in any order, and would say so at length beneath that sentence.
    /// </summary>
    private int FallSilent(int exitCode)
    {
        phase.IsSilent = true;
        Console.SetOut(TextWriter.Null);
        Console.SetError(TextWriter.Null);
        return exitCode;
    }

    private static LedgerHost Compose(WebApplicationBuilder builder, LedgerSettings settings, LedgerDatabase database, HostPhase phase, HostPurpose purpose)
    {
        var isAlone = settings.SingleHost ?? database.IsEmbedded;
        builder.AddWolverine(settings, purpose, isAlone);
        builder.Services.AddLedger(settings, database.Source);
        if (!isAlone)
        {
            builder.Services.AddSingleton<FrozenHosts>();
        }

        builder.AddTelemetry(); // After the parts that make the tables which it reads.
        var app = builder.Build();
        Messages.AcceptEarlierNames(app.Services.GetRequiredService<IWolverineRuntime>());
        app.UseLedger();
        return new LedgerHost(app, database, phase, isAlone);
    }
}
