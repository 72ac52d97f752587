using System.Diagnostics;
using System.Globalization;
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
        Client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 20_000 })
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

    /// <summary>What of its memory are files that it has loaded: the system takes that back when others need it, and hosts share it.</summary>
    public long FileMegabytes
    {
        get
        {
            var line = File.ReadLines($"/proc/{process.Id}/status").Single(line => line.StartsWith("RssFile:", StringComparison.Ordinal));
            return long.Parse(line["RssFile:".Length..^" kB".Length], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture) / 1024;
        }
    }

    /// <summary>The ledger, as it is shipped.</summary>
    /// <param name="connectionString">The database; null for a PostgreSQL of the host's own.</param>
    /// <param name="folder">Where it starts.</param>
    /// <param name="like">A host whose account and key it has; null for new ones.</param>
    public static Task<HostProcess> StartAsync(string? connectionString, string folder, HostProcess? like = null) =>
        StartAsync("LedgerHost", "/health/ready", connectionString, folder, like);

    /// <summary>The same trigger and cancel as plain endpoints of Wolverine.Http and Marten, for the account of a ledger on the same database.</summary>
    public static Task<HostProcess> StartPlainAsync(string connectionString, string folder, HostProcess ledger) =>
        StartAsync("PlainHost", "/ready", connectionString, folder, ledger);

    /// <summary>Waits until the projections have read everything, so that a measurement pays for its own events alone.</summary>
    public async Task CatchUpAsync()
    {
        while (await LagAsync() > 0)
        {
            await Task.Delay(200);
        }
    }

    /// <summary>How many events the projection that is furthest behind has not read yet.</summary>
    public async Task<long> LagAsync() => (await Client.GetFromJsonAsync<JsonElement>("/ledger/projections")).GetProperty("entries").EnumerateArray()
        .Max(projection => projection.GetProperty("lag").GetInt64());

    /// <summary>What a meter of the host stands at; 0 for one that it does not have.</summary>
    /// <param name="name">The meter's name, as <c>/metrics</c> has it.</param>
    /// <param name="label">The value of a label.</param>
    public async Task<double> MeterAsync(string name, string label) => (await Client.GetStringAsync("/metrics")).Split('\n')
        .Where(line => line.StartsWith(name, StringComparison.Ordinal) && line.Contains($"\"{label}\"", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split("} ")[1].Split(' ')[0], CultureInfo.InvariantCulture));

    /// <summary>Has it stop as a supervisor does.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", [process.Id.ToString(CultureInfo.InvariantCulture)]);
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    private static async Task<HostProcess> StartAsync(string program, string ready, string? connectionString, string folder, HostProcess? like)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort()}");
        var account = like?.AccountId ?? Guid.NewGuid();
        var key = like?.Key ?? $"bench-key-{account:N}";
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
                ["Ledger__RateLimit__Classes__runner__Requests"] = "1000000000", // All runners of a row have one key.
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
