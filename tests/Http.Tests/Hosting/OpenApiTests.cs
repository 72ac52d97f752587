using System.Net;
using System.Runtime.CompilerServices;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Ledger.Http.Tests.Hosting;

/// <summary>The public surface, pinned: a change of it is seen in the review of the approved file.</summary>
public sealed class OpenApiTests(LedgerOfClass host) : IClassFixture<LedgerOfClass>
{
    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>To approve a change that is meant, put the received file in the place of the approved one.</summary>
    [Fact]
    public async Task The_description_is_the_approved_one()
    {
        var served = await host.Ledger.Client.GetStringAsync("/openapi/v1.json");
        var text = JsonSerializer.Serialize(JsonSerializer.Deserialize<JsonElement>(served), Indented) + "\n";

        var approved = BesideThisFile("OpenApi.approved.json");
        var received = BesideThisFile("OpenApi.received.json");
        if (File.Exists(approved) && string.Equals(await File.ReadAllTextAsync(approved), text, StringComparison.Ordinal))
        {
            File.Delete(received);
            return;
        }

        await File.WriteAllTextAsync(received, text);
        text.Split('\n').ShouldBe((File.Exists(approved) ? await File.ReadAllTextAsync(approved) : "").Split('\n'));
    }

    [Fact]
    public async Task It_is_version_3_1_and_names_the_key_of_every_route_but_the_open_ones()
    {
        var document = (await host.Ledger.Client.ReadAsync("/openapi/v1.json")).Body;

        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1");
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                var isOpen = path.Name.StartsWith("/health", StringComparison.Ordinal) || path.Name.EndsWith("/{secret}", StringComparison.Ordinal);
                operation.Value.TryGetProperty("security", out _).ShouldBe(!isOpen, $"{operation.Name} {path.Name}");
                operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrWhiteSpace();
            }
        }
    }

    [Fact]
    public async Task It_is_shown_as_a_page_without_a_key_that_loads_nothing_from_elsewhere()
    {
        using var client = host.Ledger.ClientWith(null);

        using var page = await client.GetAsync("/docs/");

        page.StatusCode.ShouldBe(HttpStatusCode.OK);
        page.Headers.GetValues("Content-Security-Policy").ShouldHaveSingleItem().ShouldStartWith("default-src 'self'; ");
        var html = await page.Content.ReadAsStringAsync();
        html.ShouldNotContain("//", customMessage: "an address of another server");
        html.ShouldContain("openapi/v1.json");
        (await client.GetStringAsync("/docs/scalar.js")).Length.ShouldBeGreaterThan(100_000);
    }

    private static string BesideThisFile(string name, [CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, name);
}
