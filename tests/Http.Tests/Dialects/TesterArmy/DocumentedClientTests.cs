using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// The requests that the documentation shows, sent by the clients that it shows them for, as these send them: curl and fetch without a
/// body, Python's standard library without a content type.
/// </summary>
public sealed class DocumentedClientTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    private const string Fetch = """
        const [url, method, key, body] = process.argv.slice(1);
        const headers = {};
        if (key) headers.Authorization = `Bearer ${key}`;
        if (body) headers['Content-Type'] = 'application/json';
        const response = await fetch(url, {method, headers, body: body || undefined});
        console.log(response.status);
        console.log(await response.text());
        """;

    private const string Urllib = """
        import sys, urllib.request, urllib.error
        url, method, key, body = sys.argv[1:]
        request = urllib.request.Request(url, method=method, data=body.encode() if body else None)
        if key:
            request.add_header("Authorization", "Bearer " + key)
        try:
            response = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            response = error
        print(response.getcode())
        print(response.read().decode())
        """;

    [ClientFact("curl")]
    public Task Curl_gets_every_documented_status() => WalkAsync((url, method, key, body) =>
    [
        "curl", "-sS", "--max-time", "30", "-o", "-", "-w", "\n%{http_code}", "-X", method, url,
        .. key.Length == 0 ? (string[])[] : ["-H", $"Authorization: Bearer {key}"],
        .. body.Length == 0 ? (string[])[] : ["-H", "Content-Type: application/json", "-d", body],
    ]);

    [ClientFact("node")]
    public Task Fetch_gets_every_documented_status() => WalkAsync((url, method, key, body) =>
        ["node", "--input-type=module", "-e", Fetch, "--", url, method, key, body]);

    [ClientFact("python3")]
    public Task Pythons_standard_library_gets_every_documented_status() => WalkAsync((url, method, key, body) =>
        ["python3", "-c", Urllib, url, method, key, body]);

    private async Task WalkAsync(Func<string, string, string, string, string[]> command)
    {
        var key = ledger.Running.ApiKey;
        var address = ledger.Running.Address.ToString().TrimEnd('/');
        var (batch, _) = await ledger.TriggerBatchAsync(2);

        var run = Guid.Parse((await SendAsync("POST", $"/v1/tests/{Guid.NewGuid()}/runs", 202, body: """{"mode":"fast"}""")).Text("runId"));
        await SendAsync("POST", "/v1/runs", 202, body: """{"prompt":"Sign up and log in"}""");
        await SendAsync("POST", $"/api/v1/groups/{await ledger.GroupAsync(Guid.NewGuid())}/runs", 202);
        await SendAsync("POST", await ledger.WebhookAsync(await ledger.GroupAsync(Guid.NewGuid())), 202, credential: "");
        await SendAsync("GET", "/v1/runs?limit=5&status=queued", 200);
        (await SendAsync("GET", $"/api/v1/runs/{run}", 200)).Text("status").ShouldBe("queued");
        await SendAsync("POST", $"/v1/runs/{run}/cancel", 401, credential: "sk_wrong");
        await SendAsync("POST", "/v1/runs/run_1/cancel", 400);
        await SendAsync("POST", $"/v1/runs/{Guid.NewGuid()}/cancel", 404);
        (await SendAsync("POST", $"/v1/runs/{run}/cancel", 200)).GetRawText().ShouldBe($$"""{"id":"{{run}}","status":"cancelled"}""");
        await SendAsync("POST", $"/api/v1/runs/{run}/cancel", 409);
        await SendAsync("POST", $"/v1/batches/{batch}/cancel", 200);
        await SendAsync("POST", $"/v1/batches/{batch}/rerun", 202);
        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);

        await using var limited = await RunningLedger.StartAsync(
            ledger.ConnectionString, new Dictionary<string, string?> { ["Ledger:RateLimit:Classes:cancel:Requests"] = "1" });
        (address, key) = (limited.Address.ToString().TrimEnd('/'), limited.ApiKey);
        await SendAsync("POST", $"/v1/runs/{run}/cancel", 404);
        await SendAsync("POST", $"/v1/runs/{run}/cancel", 429);

        await using var ailing = await AilingLedger.StartAsync();
        (address, key) = (ailing.Running.Address.ToString().TrimEnd('/'), ailing.Running.ApiKey);
        await ailing.LoseTablesAsync();
        await SendAsync("POST", $"/v1/runs/{run}/cancel", 500);
        ailing.CutOff();
        await SendAsync("POST", $"/v1/runs/{run}/cancel", 504);

        async Task<JsonElement> SendAsync(string method, string path, int status, string? credential = null, string body = "")
        {
            var (seen, json) = await RunAsync(command(address + path, method, credential ?? key, body));
            ((int)seen).ShouldBe(status, $"{method} {path}: {json}");
            if (status >= 400)
            {
                json.EnumerateObject().Select(member => member.Name).ShouldBe(["error", "message"]);
            }

            return json;
        }
    }

    /// <summary>Runs a client that prints status and body, in either order.</summary>
    private static async Task<(HttpStatusCode Status, JsonElement Body)> RunAsync(string[] command)
    {
        using var process = Process.Start(
            new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        process.ExitCode.ShouldBe(0, await errors);
        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var status = lines.Single(line => int.TryParse(line, CultureInfo.InvariantCulture, out _));
        return (
            (HttpStatusCode)int.Parse(status, CultureInfo.InvariantCulture),
            JsonDocument.Parse(lines.Single(line => line != status)).RootElement.Clone());
    }
}

/// <summary>A test that is nothing without a client on this machine.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class ClientFactAttribute : FactAttribute
{
    public ClientFactAttribute(string program)
    {
        Program = program;
        if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program))))
        {
            Skip = $"There is no {program} on this machine.";
        }
    }

    public string Program { get; }
}
