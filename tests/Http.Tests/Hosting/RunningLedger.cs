using System.Net.Http.Headers;
using Ledger.Http.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Wolverine;

namespace Ledger.Http.Tests.Hosting;

/// <summary>A ledger that listens on a free port of this machine, on a database of its own: what a test class talks HTTP to.</summary>
internal sealed class RunningLedger : IAsyncDisposable
{
    private readonly LedgerHost host;

    private RunningLedger(LedgerHost host, Uri address, Guid accountId, string apiKey)
    {
        this.host = host;
        Address = address;
        AccountId = accountId;
        ApiKey = apiKey;
        Client = ClientWith(apiKey);
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>The bootstrap account.</summary>
    public Guid AccountId { get; }

    /// <summary>The bootstrap account's key, with all scopes.</summary>
    public string ApiKey { get; }

    /// <summary>A client with that key.</summary>
    public HttpClient Client { get; }

    /// <summary>The host's parts.</summary>
    public IServiceProvider Services => host.App.Services;

    /// <summary>Starts a ledger.</summary>
    /// <param name="connectionString">Its database; several ledgers may share one.</param>
    /// <param name="settings">Further settings, such as <c>Ledger:Cancel:ExpireSeconds</c>.</param>
    /// <param name="clock">A clock to move; the real one when null.</param>
    /// <param name="account">The bootstrap account; a fresh one when null.</param>
    /// <param name="log">Where the log goes; nowhere when null.</param>
    /// <param name="replace">Puts other parts in the place of the host's own, such as faulty ones.</param>
    public static async Task<RunningLedger> StartAsync(
        string connectionString,
        IReadOnlyDictionary<string, string?>? settings = null,
        TimeProvider? clock = null,
        Guid? account = null,
        Action<IServiceCollection>? replace = null,
        ILoggerProvider? log = null)
    {
        var accountId = account ?? Guid.NewGuid();
        var apiKey = $"test-key-{accountId:N}";
        var host = await LedgerHost.BuildAsync([], builder =>
        {
            builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
            {
                ["ConnectionStrings:Ledger"] = connectionString,
                ["Ledger:Bootstrap:Account"] = accountId.ToString(),
                ["Ledger:Bootstrap:ApiKey"] = apiKey,
                ["Ledger:RateLimit:Requests"] = "1000000",
                ["Ledger:RateLimit:Classes:unknown:Requests"] = "1000000",
                ["urls"] = "http://127.0.0.1:0",

                // On a busy machine it takes a while until a host that has just started keeps them.
                ["Ledger:ReadModels:WaitSeconds"] = "30",
            });
            builder.Configuration.AddInMemoryCollection(settings ?? new Dictionary<string, string?>());
            builder.Logging.ClearProviders();
            if (log is not null)
            {
                builder.Logging.SetMinimumLevel(LogLevel.Trace).AddFilter(_ => true).AddProvider(log);
            }

            if (clock is not null)
            {
                builder.Services.AddSingleton(clock);
            }

            if (replace is not null)
            {
                // The host adds its own parts after this; what is configured here is applied last.
                builder.Host.ConfigureContainer<IServiceCollection>((_, services) => replace(services));
            }
        });
        await host.App.StartAsync();
        var address = host.App.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        return new RunningLedger(host, new Uri(address), accountId, apiKey);
    }

    /// <summary>A client with another key, or with none.</summary>
    public HttpClient ClientWith(string? apiKey) => new()
    {
        BaseAddress = Address,
        DefaultRequestHeaders = { Authorization = apiKey is null ? null : new AuthenticationHeaderValue("Bearer", apiKey) },
    };

    /// <summary>Has it handle a message, such as one that recurs.</summary>
    public async Task HandleAsync(object message)
    {
        await using var scope = Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(message);
    }

    /// <summary>Stops it as SIGTERM does.</summary>
    public Task StopAsync() => host.App.StopAsync();

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await host.App.StopAsync();
        await host.DisposeAsync();
    }
}
