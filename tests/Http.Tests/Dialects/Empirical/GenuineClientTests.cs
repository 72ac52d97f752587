using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>
/// The requests of Empirical's documentation as its readers send them, with curl and with Node's fetch: each has its own idea of content
/// types and of bodies that are not there (docs/dialects/common.md#requests, docs/dialects/empirical.md#cancel).
/// </summary>
public sealed class GenuineClientTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private const string Fetch = """
        const [method, url, key, body, type] = process.argv.slice(1);
        const headers = { Authorization: `Bearer ${key}` };
        if (type) headers['Content-Type'] = type;
        const answer = await fetch(url, { method, headers, body: body === '' ? undefined : body });
        console.log(`${await answer.text()} ${answer.headers.get('content-type')} ${answer.status}`);
        """;

    private readonly EmpiricalClient client = ledger.ClientOf(null);

    /// <summary>curl says that the body is a form, unless it is told otherwise.</summary>
    [Theory]
    [InlineData("-d", "{}")]
    [InlineData("-d", """{"reason": "Wrong build"}""")]
    [InlineData("-d", "")]
    [InlineData("--json", """{"reason": "Wrong build"}""")]
    [InlineData("-H", "Content-Type: application/json")]
    [InlineData("-H", "Content-Type:")]
    [InlineData]
    public async Task Curl_cancels_a_run(params string[] arguments)
    {
        var run = await client.TriggerAsync();

        (await CurlAsync($"/api/test-runs/{run}/cancel", ["-X", "POST", .. arguments]))
            .ShouldBe((200, $$"""{"message":"Test run {{run}} is being cancelled."}"""));

        (await client.StateAsync(run)).ShouldBe("cancelled");
    }

    [Fact]
    public async Task Curl_gets_every_documented_status_with_its_envelope()
    {
        var ended = await client.TriggerAsync();
        await ledger.BringToAsync(ended, RunState.Passed);

        (await CurlAsync("/api/test-runs/abc/cancel", ["-X", "POST"]))
            .ShouldBe((400, """{"data":null,"error":{"message":"The id of a test run must be an integer from 1 on."}}"""));
        (await CurlAsync($"/api/test-runs/{ended}/cancel", ["-X", "POST"], key: "wrong"))
            .ShouldBe((401, """{"data":null,"error":{"message":"Bad Token"}}"""));
        (await CurlAsync("/api/test-runs/999999/cancel", ["-X", "POST"]))
            .ShouldBe((404, """{"data":null,"error":{"message":"Test run 999999 was not found."}}"""));
        (await CurlAsync($"/api/test-runs/{ended}/cancel", ["-X", "POST"]))
            .ShouldBe((412, $$"""{"message":"Test run {{ended}} has already ended and cannot be cancelled."}"""));
    }

    [Fact]
    public async Task Curl_triggers_a_run_and_follows_it()
    {
        var (status, made) = await CurlAsync(
            "/api/test-runs", ["-X", "PUT", "--json", """{"environment": "staging", "branch": "main"}"""]);
        status.ShouldBe(200);
        var run = JsonSerializer.Deserialize<JsonElement>(made).GetProperty("data").GetProperty("test_run").GetProperty("id").GetInt64();

        (await CurlAsync($"/api/test-runs/{run}/status", []))
            .ShouldBe((200, $$$"""{"data":{"run_id":{{{run}}},"state":"queued","test_case_ids":[],"total_count":0}}"""));
        (await CurlAsync("/api/test-runs?state=queued&per_page=5", [])).Status.ShouldBe(200);
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("{}", "")]
    [InlineData("{}", "application/json")]
    [InlineData("""{"reason": "Wrong build"}""", "application/json")]
    [InlineData("""{"reason": "Wrong build"}""", "text/plain")]
    public async Task Fetch_cancels_a_run(string body, string contentType)
    {
        var run = await client.TriggerAsync();

        (await FetchAsync("POST", $"/api/test-runs/{run}/cancel", body, contentType)).ShouldBe(
            $$"""{"message":"Test run {{run}} is being cancelled."} application/json; charset=utf-8 200""");
        (await FetchAsync("POST", $"/api/test-runs/{run}/cancel", body, contentType)).ShouldBe(
            $$"""{"message":"Test run {{run}} has already been cancelled."} application/json; charset=utf-8 412""");
    }

    private async Task<(int Status, string Body)> CurlAsync(string path, IReadOnlyList<string> arguments, string? key = null)
    {
        var output = await RunAsync(
            "curl",
            [
                "--silent", "--show-error", "--max-time", "30", "--write-out", "\\n%{http_code}",
                "-H", $"Authorization: Bearer {key ?? ledger.Running.ApiKey}",
                .. arguments, new Uri(ledger.Running.Address, path).ToString(),
            ]);
        var end = output.LastIndexOf('\n');
        return (int.Parse(output[(end + 1)..], CultureInfo.InvariantCulture), output[..end]);
    }

    private async Task<string> FetchAsync(string method, string path, string body, string contentType) => (await RunAsync(
        "node",
        [
            "--input-type=module", "--eval", Fetch, "--",
            method, new Uri(ledger.Running.Address, path).ToString(), ledger.Running.ApiKey, body, contentType,
        ])).TrimEnd();

    private static async Task<string> RunAsync(string program, IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(patience.Token);
            var errors = process.StandardError.ReadToEndAsync(patience.Token);
            await process.WaitForExitAsync(patience.Token);
            process.ExitCode.ShouldBe(0, await errors);
            return await output;
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }
}
