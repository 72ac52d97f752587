using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Ledger.Support;

namespace Ledger.EndToEnd.Processes;

/// <summary>The genuine host in a process of its own, on the embedded PostgreSQL in a directory of its own unless told otherwise.</summary>
internal sealed class LedgerProcess : IAsyncDisposable
{
    private readonly ChildProcess process;

    private LedgerProcess(ChildProcess process, LedgerPlace place, Uri address)
    {
        this.process = process;
        Place = place;
        Address = address;
        Client = new HttpClient
        {
            BaseAddress = address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", place.ApiKey) },
        };
    }

    public LedgerPlace Place { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Starts the host and waits until it is ready.</summary>
    /// <param name="place">Where it lives.</param>
    /// <param name="hasKey">Whether it is given the first account and its key; otherwise it makes them.</param>
    /// <param name="address">Where it listens; a free port when null.</param>
    public static async Task<LedgerProcess> StartAsync(LedgerPlace place, bool hasKey = true, Uri? address = null)
    {
        address ??= new Uri($"http://127.0.0.1:{FreePort()}");
        var environment = new Dictionary<string, string>(place.Environment, StringComparer.Ordinal)
        {
            ["Ledger__RateLimit__Requests"] = "1000000",
            ["Ledger__ReadModels__WaitSeconds"] = "30",
        };
        if (hasKey)
        {
            environment["Ledger__Bootstrap__Account"] = place.AccountId.ToString();
            environment["Ledger__Bootstrap__ApiKey"] = place.ApiKey;
        }

        if (place.ConnectionString is { } connectionString)
        {
            environment["ConnectionStrings__Ledger"] = connectionString;
        }

        var process = ChildProcess.StartDotnet(
            "Ledger.Http.dll", ["--urls", address.ToString(), .. place.Arguments], place.Directory, environment);
        var ledger = new LedgerProcess(process, place, address);
        try
        {
            await Eventually.Become(
                async () => process.HasExited || await ledger.IsReadyAsync(), TimeSpan.FromSeconds(120), "the ledger is ready");
        }
        catch (TimeoutException late)
        {
            await ledger.DisposeAsync();
            throw new TimeoutException(string.Join('\n', process.Output), late);
        }

        process.HasExited.ShouldBeFalse(string.Join('\n', process.Output));
        return ledger;
    }

    /// <summary>SIGKILL.</summary>
    public Task KillAsync() => process.KillAsync();

    /// <summary>SIGSTOP.</summary>
    public void StandStill() => process.StandStill();

    /// <summary>SIGCONT.</summary>
    public void GoOn() => process.GoOn();

    /// <summary>SIGINT or SIGHUP, then the exit code.</summary>
    public Task<int> EndAsync(bool hangsUp)
    {
        if (hangsUp)
        {
            process.HangUp();
        }
        else
        {
            process.Interrupt();
        }

        return process.ExitCodeAsync(TimeSpan.FromSeconds(30));
    }

    /// <summary>The exit code, once it has ended by itself.</summary>
    public Task<int> ExitCodeAsync() => process.ExitCodeAsync(TimeSpan.FromSeconds(30));

    /// <summary>What it has printed so far.</summary>
    public IReadOnlyCollection<string> Output => process.Output;

    /// <summary>SIGTERM, then the exit code.</summary>
    public Task<int> TerminateAsync() => process.TerminateAsync();

    public async Task<JsonElement> GetAsync(string path) => await Client.GetFromJsonAsync<JsonElement>(path);

    public async Task<JsonElement> PostAsync(string path, object body)
    {
        using var response = await Client.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {response.StatusCode} {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task<bool> IsReadyAsync()
    {
        try
        {
            using var response = await Client.GetAsync("/health/ready");
            return response.StatusCode is HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await process.DisposeAsync();
    }

    /// <summary>A port below those that the system gives out, so that nobody is given it before the host has it.</summary>
    public static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, 20_000));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // Taken.
            }
        }
    }
}
