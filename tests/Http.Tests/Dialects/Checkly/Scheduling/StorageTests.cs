using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>Snapshots go the way of bundles, and back (docs/dialects/checkly-cli.md#code-bundles).</summary>
public sealed class StorageTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private const string Download = "/next/checkly-storage/download";

    [Fact]
    public async Task A_file_that_was_stored_can_be_read_again_in_its_account_alone()
    {
        var stored = await ledger.SendAsync(HttpMethod.Post, "/next/checkly-storage/upload", new ByteArrayContent("[1]"u8.ToArray()));
        var wanted = JsonSerializer.Serialize(new { key = stored["key"].GetGuid() });

        var answer = await ledger.PostAsync(Download, wanted);

        stored.Status.ShouldBe(HttpStatusCode.OK, stored.Body);
        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.ShouldBe("[1]");
        (await ledger.PostAsync(Download, wanted, await ledger.KeyOfAnotherAccountAsync())).ShouldBeNotFound("Not Found");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"key":null}""")]
    [InlineData("""{"key":"x"}""")]
    [InlineData("""{"key":7}""")]
    public async Task A_wanted_file_must_be_named(string body) =>
        (await ledger.PostAsync(Download, body)).Status.ShouldBe(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Keys_without_the_right_store_nothing()
    {
        foreach (var path in (string[])["/next/checkly-storage/upload", CommandLine.UploadBundle])
        {
            (await ledger.PostAsync(path, "x", key: "")).ShouldBeUnauthorized();
            (await ledger.PostAsync(path, "x", await ledger.KeyWithAsync("read"))).ShouldBeForbidden();
        }
    }
}
