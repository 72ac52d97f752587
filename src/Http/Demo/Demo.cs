using System.Diagnostics;
using CliWrap;
using Ledger.Deadlines;
using Ledger.Http.AlertChannels;
using Ledger.Http.Commands;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using EventLog = Ledger.Store.EventLog;

namespace Ledger.Http.Demo;

/// <summary>
/// The verb <c>demo</c>: serves as ever, and fills an empty account first, with a month of a shop's sessions, with webhooks that answer, with a
/// runner that executes harmless commands, and with sessions that run on it, so that somebody who is new sees every page full.
/// </summary>
public sealed partial class Demo : IAsyncDisposable
{
    /// <summary>What the verb sets beside the settings of the command line: its webhooks are on this machine.</summary>
    public static readonly string[] Settings = [$"--{LedgerSettings.Section}:Webhooks:AllowPrivateAddresses", "true"];

    private const int Days = 30;
    private const string Project = "web-shop";

    private static readonly TimeSpan BetweenSessions = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    private readonly CancellationTokenSource ending = new();
    private readonly CancellationTokenSource killing = new();
    private readonly IServiceProvider services;
    private readonly ILogger<Demo> logger;
    private readonly WebApplication receiver;
    private readonly Uri address;
    private Task running = Task.CompletedTask;

    private Demo(IServiceProvider services, Uri address)
    {
        (this.services, this.address) = (services, address);
        logger = services.GetRequiredService<ILogger<Demo>>();
        receiver = MakeReceiver();
    }

    /// <summary>Fills the account of a host that serves, and goes on until it is disposed.</summary>
    /// <exception cref="SettingsException">The account is not empty, or it is not clear which one is meant.</exception>
    public static async Task<Demo> StartAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var account = await FindAccountAsync(services, cancellation);
        var first = services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var demo = new Demo(services, new Uri(first.Replace("//[::]", "//127.0.0.1", StringComparison.Ordinal).Replace("//0.0.0.0", "//127.0.0.1", StringComparison.Ordinal)));
        try
        {
            var cast = await FillAsync(services, account, Days, cancellation);
            await demo.GoOnAsync(cast, cancellation);
            return demo;
        }
        catch
        {
            await demo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Writes the past into an empty account.</summary>
    internal static async Task<DemoCast> FillAsync(IServiceProvider services, Guid account, int days, CancellationToken cancellation)
    {
        var logger = services.GetRequiredService<ILogger<Demo>>();
        LogFilling(logger, days);
        var since = Stopwatch.GetTimestamp();
        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var clock = new PastClock(now.AddDays(-days - 1));
        var store = services.GetRequiredService<IDocumentStore>();
        var cast = await DemoCast.RegisterAsync(account, store, services.GetRequiredService<ApiKeys>(), services.GetRequiredService<SpecSecrets>(), clock, cancellation);

        // The commands of the past are decided by their own clock; what they make due is due by the host's, and over within the same second.
        await using var writer = new SessionWriter(
            store,
            services.GetRequiredService<EventLog>(),
            services.GetRequiredService<SessionCache>(),
            services.GetRequiredService<SessionChanges>(),
            clock,
            dueTimes: services.GetRequiredService<DueTimes>());
        var count = await new DemoHistory(cast, now, days).WriteAsync(writer, clock, cancellation);
        LogFilled(logger, count, Stopwatch.GetElapsedTime(since).TotalSeconds);
        return cast;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await receiver.DisposeAsync();
        ending.Dispose();
        killing.Dispose();
    }

    /// <summary>The account that the settings name, else the only one.</summary>
    private static async Task<Guid> FindAccountAsync(IServiceProvider services, CancellationToken cancellation)
    {
        await using var documents = services.GetRequiredService<IDocumentStore>().QuerySession();
        var account = services.GetRequiredService<LedgerSettings>().Bootstrap.Account is { } named ? Guid.Parse(named)
            : await documents.Query<Account>().ToListAsync(cancellation) is [var only] ? only.Id
            : throw new SettingsException("there are several accounts: name the one to fill by Ledger:Bootstrap:Account and Ledger:Bootstrap:ApiKey.");
        await using var command = services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select exists (select from ledger.mt_streams where tenant_id = $1) or exists (select from ledger.mt_doc_check where tenant_id = $1)");
        command.Parameters.AddWithValue(account.ToString());
        return await command.ExecuteScalarAsync(cancellation) is false
            ? account
            : throw new SettingsException(
                "'demo' fills an empty account, and this one is not empty: start without 'demo' to go on with it, or name another directory by --Ledger:DataDirectory.");
    }

    /// <summary>Webhooks, the runner, sessions that run now, and a new one every now and then.</summary>
    private async Task GoOnAsync(DemoCast cast, CancellationToken cancellation)
    {
        await receiver.StartAsync(cancellation);
        await RegisterChannelsAsync(cast, receiver.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First(), cancellation);
        running = Task.WhenAll(RunRunnerAsync(cast.AccountId), KeepTriggeringAsync(cast));
    }

    /// <summary>Ends the runner. The host still listens then, so that the runner can say what it has stopped.</summary>
    public async Task StopAsync()
    {
        await ending.CancelAsync();
        killing.CancelAfter(Patience);
        await running;
    }

    private async Task RegisterChannelsAsync(DemoCast cast, string target, CancellationToken cancellation)
    {
        var caller = CallerOf(cast, cast.People[0]);
        await using var documents = services.GetRequiredService<IDocumentStore>().LightweightSession(cast.AccountId.ToString());
        (string Name, string[] Events)[] channels =
            [("team-chat", ["alert.failure", "alert.recovery"]), ("status-page", ["alert.failure", "alert.recovery", "alert.degraded"]), ("old-pager", ["alert.failure"])];
        foreach (var (name, events) in channels)
        {
            await PutAlertChannelEndpoint.PutAsync(
                name,
                new AlertChannelRequest($"{target}/{name}", events),
                caller,
                documents,
                services.GetRequiredService<EventLog>(),
                services.GetRequiredService<WebhookSettings>(),
                services.GetRequiredService<Ledger.Secrets.SecretCipher>(),
                services.GetRequiredService<TimeProvider>(),
                cancellation);
        }
    }

    /// <summary>What the webhooks go to: one that takes them, one that does at the second try, and one that is gone, which disables its channel.</summary>
    private static WebApplication MakeReceiver()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var tried = new HashSet<string>(StringComparer.Ordinal);
        app.MapPost("/team-chat", () => Results.Text("ok"));
        app.MapPost("/status-page", (HttpContext context) =>
        {
            lock (tried)
            {
                return tried.Add(context.Request.Headers["webhook-id"].ToString()) ? Results.Text("busy", statusCode: 503) : Results.NoContent();
            }
        });
        app.MapPost("/old-pager", () => Results.StatusCode(StatusCodes.Status410Gone));
        return app;
    }

    private async Task KeepTriggeringAsync(DemoCast cast)
    {
        var sessions = services.GetRequiredService<SessionWriter>();
        var clock = services.GetRequiredService<TimeProvider>();
        try
        {
            var suites = cast.Playwright;
            await TriggerAsync(Failing(cast.Checks[4]));
            await StartAsync(suites[0], cast.People[0]);
            await TriggerAsync(Push("feat/gift-cards", suites));
            await TriggerAsync(Push("main", suites));
            await TriggerAsync(Of(suites[1], SessionKind.Run, SessionSource.TriggerApi, "device-lab", null));
            for (var turn = 1; ; turn++)
            {
                await Task.Delay(BetweenSessions, ending.Token);
                await (turn % 4 == 0 ? TriggerAsync(Push("fix/voucher-rounding", suites)) : StartAsync(cast.Checks[turn % cast.Checks.Count], cast.People[turn % cast.People.Count]));
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The host stops.
        }
        catch (StoreUnavailableException outage)
        {
            LogSilence(outage);
        }

        async Task StartAsync(DemoCheck check, Actor person) =>
            await sessions.ScheduleNowAsync(CallerOf(cast, person), check.Check, null, clock.GetUtcNow(), ending.Token);

        async Task TriggerAsync(TriggerSession command) => await sessions.TriggerAsync(CallerOf(cast, command.Actor), [command], ending.Token);

        TriggerSession Push(string branch, IEnumerable<DemoCheck> suites) => Session(
            SessionKind.Test, SessionSource.TriggerRecord, $"web-shop on {branch}", Project, $"{Project}/{branch}", branch, [.. suites.Select(suite => suite.Check.At(suite.Check.Locations[0], suite.Check.Spec, clock.GetUtcNow()))]);

        // Waits for a runner that there is not, so that something is queued.
        TriggerSession Of(DemoCheck check, SessionKind kind, SessionSource source, string location, string? branch) =>
            Session(kind, source, check.Check.Name, "storefront", null, branch, [check.Check.At(location, check.Check.Spec, clock.GetUtcNow())]);

        // Raises an alert, so that the webhooks have something to send.
        TriggerSession Failing(DemoCheck check)
        {
            var spec = JsonSerializer.SerializeToElement(new { command = (string[])["sh", "-c", "echo 'expected 200, got 502'; exit 1"] });
            return Session(SessionKind.Check, SessionSource.TriggerApi, check.Check.Name, null, null, null, [check.Check.At(check.Check.Locations[0], spec, clock.GetUtcNow())]);
        }

        TriggerSession Session(SessionKind kind, SessionSource source, string name, string? project, string? group, string? branch, IReadOnlyList<PlannedRun> runs) => new(
            Guid.CreateVersion7(clock.GetUtcNow()),
            cast.AccountId,
            kind,
            project,
            name,
            source,
            cast.Ci,
            group,
            group is null ? ConflictBehaviour.Queue : ConflictBehaviour.CancelPrevious,
            branch is null ? null : JsonSerializer.SerializeToElement(new { environment = "preview", branchName = branch, commitId = "9c1f2ab", commitOwner = cast.People[1].Name, commitMessage = "Show the voucher in the summary" }),
            runs);
    }

    /// <summary>The supplied runner, as a child that is given its key on standard input; a sentence where it is not at hand.</summary>
    private async Task RunRunnerAsync(Guid account)
    {
        var clock = services.GetRequiredService<TimeProvider>();
        var key = new ApiKey(Guid.CreateVersion7(clock.GetUtcNow()), account, "demo runner", null, null, [Scope.Runner], clock.GetUtcNow(), clock.GetUtcNow().AddDays(1));
        var secret = await services.GetRequiredService<ApiKeys>().AddAsync(key, null, CancellationToken.None);
        if (FindRunner() is not { } program)
        {
            LogNoRunner(Help.Runner, address, string.Join(' ', DemoCast.Locations.Select(location => $"--location {location}")));
            return;
        }

        var folder = Path.GetFullPath(services.GetRequiredService<LedgerSettings>().DataDirectory);
        string[] arguments =
        [
            program, "--url", address.AbsoluteUri, "--key", "-", "--id", "demo-runner", "--max", "8", "--log-directory", Path.Combine(folder, "runs"), "--data-directory", Path.Combine(folder, "runner"), "--drain-seconds", Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture),
            .. DemoCast.Locations.SelectMany(location => (string[])["--location", location]),
        ];
        try
        {
            var runner = Cli.Wrap(Environment.ProcessPath is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet")
                .WithArguments(arguments)
                .WithStandardInputPipe(PipeSource.FromString(secret + "\n"))
                .WithStandardOutputPipe(PipeTarget.ToDelegate(LogRunner))
                .WithStandardErrorPipe(PipeTarget.ToDelegate(LogRunner))
                .WithValidation(CommandResultValidation.None)
                .ExecuteAsync(killing.Token);

            // Not SIGINT, which a host that was started in the background has its children ignore.
            await using var asked = ending.Token.Register(() =>
                _ = Cli.Wrap("sh").WithArguments(["-c", "kill -TERM \"$0\"", $"{runner.ProcessId}"]).WithValidation(CommandResultValidation.None).ExecuteAsync());
            await runner;
        }
        catch (OperationCanceledException) when (killing.IsCancellationRequested)
        {
            // It did not end in time.
        }
    }

    /// <summary>Beside the host, or built beside it in the same repository.</summary>
    private static string? FindRunner()
    {
        const string Program = "Ledger.Runner.dll";
        var here = AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar);
        var sibling = here.Replace($"{Path.DirectorySeparatorChar}Http{Path.DirectorySeparatorChar}bin", $"{Path.DirectorySeparatorChar}Runner{Path.DirectorySeparatorChar}bin", StringComparison.Ordinal);
        return ((string[])[here, sibling]).Select(folder => Path.Combine(folder, Program)).FirstOrDefault(File.Exists);
    }

    private static Caller CallerOf(DemoCast cast, Actor actor) => new(cast.AccountId, actor, null, new EventContext(actor.Name ?? actor.Id));

    [LoggerMessage(LogLevel.Information, "Demo: writing the sessions of the last {Days} days; this takes some seconds.")]
    private static partial void LogFilling(ILogger logger, int days);

    [LoggerMessage(LogLevel.Information, "Demo: {Count} sessions of the past are there, after {Seconds:0.0} s.")]
    private static partial void LogFilled(ILogger logger, int count, double seconds);

    [LoggerMessage(LogLevel.Debug, "Demo runner: {Line}")]
    private partial void LogRunner(string line);

    [LoggerMessage(LogLevel.Information, "Demo: no runner is built here; start one by: {Runner} --url {Address} {Locations} --key-file FILE")]
    private partial void LogNoRunner(string runner, Uri address, string locations);

    [LoggerMessage(LogLevel.Warning, "Demo: the database went away; no more sessions are triggered.")]
    private partial void LogSilence(Exception outage);
}
