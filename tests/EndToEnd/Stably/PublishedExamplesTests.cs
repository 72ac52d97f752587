using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Stably;

/// <summary>The request examples of Stably's documentation, sent as they are published, for every status that it documents.</summary>
[Collection(StablyTests.Name)]
public sealed class PublishedExamplesTests(StablyPlace place)
{
    private const string WrongKey = "nobody-has-this-key";

    private readonly string runs = $"v1/projects/prj_{Guid.NewGuid():N}/runs";

    private delegate Task<PublishedAnswer> Post(LedgerProcess ledger, string path, string key, string body);

    [Theory]
    [InlineData("curl")]
    [InlineData("curl with a form's content type")]
    [InlineData("fetch")]
    public async Task Every_example_gets_the_documented_answer_for_every_status(string client)
    {
        Post post = client switch
        {
            "curl" => PublishedClients.CurlAsync,
            "fetch" => PublishedClients.FetchAsync,
            _ => PublishedClients.CurlFormAsync,
        };
        var (ledger, key) = (place.Ledger, place.Ledger.Place.ApiKey);

        var created = await post(ledger, runs, key, """{"playwrightProjectName": "my-project"}""");
        created.Status.ShouldBe("200", created.Body.ToString());
        var run = created.Body.GetProperty("runId").GetString()!;
        (await post(ledger, runs, key, """{"branch": 7}""")).ShouldBeError("400");
        (await post(ledger, runs, WrongKey, "{}")).ShouldBeError("401");

        var read = await PublishedClients.CurlGetAsync(ledger, $"{runs}/{run}", key);
        read.Status.ShouldBe("200");
        read.Body.GetRawText().ShouldBe("""{"status":"QUEUED","startedAt":null}""");
        (await PublishedClients.CurlGetAsync(ledger, $"{runs}/run_8f3kq2", key)).ShouldBeError("404");
        (await PublishedClients.CurlGetAsync(ledger, $"{runs}/{run}", WrongKey)).ShouldBeError("401");

        var body = $$$"""{"where": {"runId": "{{{run}}}"}}""";
        (await post(ledger, $"{runs}/cancel", WrongKey, body)).ShouldBeError("401");
        (await post(ledger, $"{runs}/cancel", key, """{"where": {"runId": "<string>"}}""")).ShouldBeError("400");
        var cancelled = await post(ledger, $"{runs}/cancel", key, body);
        cancelled.Status.ShouldBe("200", cancelled.Body.ToString());
        cancelled.Body.GetRawText().ShouldBe($$$"""{"cancelled":[{"runId":"{{{run}}}"}]}""");
        (await post(ledger, $"{runs}/cancel", key, body)).ShouldBeError("400");
    }
}
