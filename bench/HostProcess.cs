using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Reflection;
using System.Text.Json;

namespace Ledger.Bench;

/// <summary>A host in a process of its own.</summary>
internal sealed class HostProcess : IAsyncDisposable
{
    private readonly Process process;

    private HostProcess(Process process, Uri address, Guid account, string key)
    {
        this.process = process;
        AccountId = account;
        Key = key;
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 2_000 })
        {
            BaseAddress = address,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", key) },
        };
    }

    public Guid AccountId { get; }

    public string Key { get; }

    public HttpClient Client { get; }

    public Process Process => process;

    public long WorkingSetMegabytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64 / (1024 * 1024);
        }
    }

    /// <summary>The ledger, as it is shipped.</summary>
    public static Task<HostProcess> StartAsync(string connectionString, string folder) =>
        StartAsync("LedgerHost", "/health/ready", connectionString, folder);

    /// <summary>The same trigger and cancel as plain endpoints of Wolverine.Http and Marten.</summary>
    public static Task<HostProcess> StartPlainAsync(string connectionString, string folder) =>
        StartAsync("PlainHost", "/ready", connectionString, folder);

    /// <summary>Waits until the projections have read everything, so that a measurement pays for its own events alone.</summary>
    public async Task CatchUpAsync()
    {
        while ((await Client.GetFromJsonAsync<JsonElement>("/ledger/projections")).GetProperty("entries").EnumerateArray()
            .Any(projection => projection.GetProperty("lag").GetInt64() > 0))
        {
            await Task.Delay(200);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task<HostProcess> StartAsync(string program, string ready, string connectionString, string folder)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var account = Guid.NewGuid();
        var key = $"bench-key-{account:N}";
        var start = new ProcessStartInfo("dotnet", [PathOf(program), "--urls", address.ToString()])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            Environment =
            {
                ["ConnectionStrings__Ledger"] = connectionString,
                ["Ledger__Bootstrap__Account"] = account.ToString(),
                ["Ledger__Bootstrap__ApiKey"] = key,
                ["Ledger__RateLimit__Requests"] = "1000000000",
            },
        };
        var host = new HostProcess(Process.Start(start)!, address, account, key);
        host.process.BeginOutputReadLine();
        while (!await host.IsReadyAsync(ready))
        {
            if (host.process.HasExited)
            {
                throw new InvalidOperationException($"{program} ended while it started.");
            }

            await Task.Delay(100);
        }

        return host;
    }

    private static string PathOf(string program) => typeof(HostProcess).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == program).Value!;

    private async Task<bool> IsReadyAsync(string path)
    {
        try
        {
            using var response = await Client.GetAsync(path);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
