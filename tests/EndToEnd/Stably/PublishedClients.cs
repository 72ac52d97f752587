using System.Text.Json;
using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Stably;

/// <summary>The clients that Stably's documentation shows, called in the way that it shows.</summary>
internal static class PublishedClients
{
    private const string FetchScript =
        """
        const [url, key, body] = process.argv.slice(1);
        const options = {method: 'POST', headers: {authorization: key, 'Content-Type': 'application/json'}, body};
        fetch(url, options).then(async res => console.log(JSON.stringify(await res.json()) + '\n' + res.status)).catch(err => console.error(err));
        """;

    /// <summary>The reference page's curl: the bare key in the header.</summary>
    public static Task<PublishedAnswer> CurlAsync(LedgerProcess ledger, string path, string key, string body) => RunAsync(
        ledger,
        "curl",
        "--silent", "--show-error", "--write-out", "\\n%{http_code}",
        "--request", "POST",
        "--url", $"{ledger.Address}{path}",
        "--header", "Content-Type: application/json",
        "--header", $"authorization: {key}",
        "--data", body);

    /// <summary>The introduction's curl, in its short form without a content type: curl then says that it is a form.</summary>
    public static Task<PublishedAnswer> CurlFormAsync(LedgerProcess ledger, string path, string key, string body) => RunAsync(
        ledger,
        "curl",
        "-sS", "-w", "\\n%{http_code}", "-X", "POST", $"{ledger.Address}{path}", "-H", $"Authorization: Bearer {key}", "-d", body);

    /// <summary>The introduction's curl to read.</summary>
    public static Task<PublishedAnswer> CurlGetAsync(LedgerProcess ledger, string path, string key) => RunAsync(
        ledger, "curl", "-sS", "-w", "\\n%{http_code}", $"{ledger.Address}{path}", "-H", $"Authorization: Bearer {key}");

    /// <summary>The reference page's fetch, under Node.</summary>
    public static Task<PublishedAnswer> FetchAsync(LedgerProcess ledger, string path, string key, string body) =>
        RunAsync(ledger, "node", "-e", FetchScript, $"{ledger.Address}{path}", key, body);

    private static async Task<PublishedAnswer> RunAsync(LedgerProcess ledger, string program, params string[] arguments)
    {
        await using var client = ChildProcess.Start(program, arguments, ledger.Place.Directory);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        await client.WaitForExitAsync(patience.Token);
        var lines = client.Output.ToArray();
        lines.Length.ShouldBe(2, string.Join('\n', lines));
        return new PublishedAnswer(lines[1], JsonSerializer.Deserialize<JsonElement>(lines[0]));
    }
}

/// <summary>What a client was answered.</summary>
internal sealed record PublishedAnswer(string Status, JsonElement Body)
{
    /// <summary>Expects the error envelope, a closed object.</summary>
    public void ShouldBeError(string status)
    {
        Status.ShouldBe(status, Body.ToString());
        Body.EnumerateObject().ShouldHaveSingleItem().Name.ShouldBe("error");
    }
}
