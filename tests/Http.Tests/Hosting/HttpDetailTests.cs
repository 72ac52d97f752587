using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Hosting;

/// <summary>What HTTP says, in its small print.</summary>
public sealed class HttpDetailTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task Head_is_answered_as_get_without_a_body_and_begins_no_stream()
    {
        var session = await client.TriggerAsync("head");
        foreach (var path in new[] { "/health/live", "/ledger/checks", $"/ledger/sessions/{session.SessionId}", $"/ledger/sessions/{session.SessionId}/live", "/ledger/runners/r/signals", "/v1/checks" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Head, path);
            using var answer = await client.SendAsync(request).WaitAsync(TimeSpan.FromSeconds(10));
            answer.StatusCode.ShouldBe(HttpStatusCode.OK, path);
            (await answer.Content.ReadAsByteArrayAsync()).ShouldBeEmpty(path);
        }

        using var unknown = new HttpRequestMessage(HttpMethod.Head, $"/ledger/sessions/{Guid.NewGuid()}");
        (await client.SendAsync(unknown)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("unknown")]
    public async Task Every_401_says_how_to_authenticate(string? key)
    {
        using var stranger = fixture.Ledger.ClientWith(key);
        foreach (var path in new[] { "/ledger/checks", "/v1/checks", "/api/test-runs", "/v1/projects/x/runs", "/nowhere" })
        {
            using var answer = await stranger.GetAsync(path);
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, path);
            answer.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer", path);
        }

        using var webhook = await stranger.PostAsync($"/v1/groups/webhook/{Guid.NewGuid()}/secret", null);
        webhook.Headers.WwwAuthenticate.ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task Whatever_version_is_there_is_not_modified_for_a_star()
    {
        var session = await client.TriggerAsync("star");

        (await AskAsync("*")).ShouldBe(HttpStatusCode.NotModified);
        (await AskAsync("\"1\"")).ShouldBe(HttpStatusCode.NotModified);
        (await AskAsync("\"2\"")).ShouldBe(HttpStatusCode.OK);

        async Task<HttpStatusCode> AskAsync(string known)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/ledger/sessions/{session.SessionId}");
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
            using var answer = await client.SendAsync(request);
            return answer.StatusCode;
        }
    }

    [Theory]
    [InlineData("GZIP", HttpStatusCode.Created)]
    [InlineData("x-gzip", HttpStatusCode.Created)]
    [InlineData("Identity", HttpStatusCode.BadRequest)]
    [InlineData("br", HttpStatusCode.BadRequest)]
    public async Task Encodings_are_known_by_all_their_names(string encoding, HttpStatusCode expected)
    {
        using var bytes = new MemoryStream();
        await using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes("""{"kind":"run","name":"x","runs":[{"checkType":"PLAYWRIGHT","name":"x","location":"x"}]}"""));
        }

        var content = new ByteArrayContent(bytes.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);

        (await client.PostBodyAsync("/ledger/sessions", content)).Status.ShouldBe(expected);
    }

    [Fact]
    public async Task A_result_that_stopped_before_it_started_is_refused()
    {
        var session = await client.TriggerAsync("backwards");
        var runner = new TestRunner(client, "backwards");
        await runner.TakeAsync(session, "backwards");

        var refused = await runner.TellAsync(
            session.SessionId, session.Run, "results", new { resultType = "FINAL", hasFailures = false, startedAt = "2026-01-01T00:00:01Z", stoppedAt = "2026-01-01T00:00:00Z" });

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.EventTypesAsync(session.SessionId)).ShouldNotContain("result_reported");
    }

    [Fact]
    public async Task A_check_session_is_about_one_check()
    {
        object Run(Guid? checkId, string location) => new { checkId, checkType = "PLAYWRIGHT", name = "x", location };
        var check = Guid.NewGuid();

        var refused = await client.PostBodyAsync("/ledger/sessions", new { kind = "check", name = "x", runs = new[] { Run(check, "a"), Run(Guid.NewGuid(), "a") } });

        refused.Status.ShouldBe(HttpStatusCode.BadRequest);
        refused.Body.GetProperty("detail").GetString()!.ShouldContain("one check");
        await client.TriggerAsync(new { kind = "check", name = "x", runs = new[] { Run(check, "a"), Run(check, "b") } });
        await client.TriggerAsync(new { kind = "test", name = "x", runs = new[] { Run(check, "a"), Run(Guid.NewGuid(), "a") } });
    }

    [Fact]
    public async Task An_idempotency_key_is_the_same_in_quotes_and_a_request_the_same_however_it_is_written()
    {
        var session = await client.TriggerAsync("quoted");
        var key = $"{Guid.NewGuid()}";

        var first = await CancelAsync(key, """{"reason":"no longer needed","cause":"user"}""");
        var again = await CancelAsync($"\"{key}\"", """{ "cause" : "user",   "reason": "no longer needed" }""");
        var other = await CancelAsync(key, """{"reason":"another","cause":"user"}""");

        first.Status.ShouldBe(HttpStatusCode.Accepted);
        again.Body.GetRawText().ShouldBe(first.Body.GetRawText());
        other.Status.ShouldBe(HttpStatusCode.UnprocessableEntity);

        Task<Answer> CancelAsync(string idempotencyKey, string body) => client.PostBodyAsync(
            $"/ledger/sessions/{session.SessionId}/cancel", new StringContent(body), ("Idempotency-Key", idempotencyKey));
    }

    [Fact]
    public async Task A_registered_check_is_shown_to_checkly_clients_as_described()
    {
        var checkId = Guid.NewGuid();
        await client.CallAsync(HttpMethod.Put, $"/ledger/checks/{checkId}", new
        {
            name = "Script",
            checkType = "BROWSER",
            tags = Array.Empty<string>(),
            locations = new[] { "eu-central-1" },
            spec = new { script = "await page.goto('/')" },
        });

        var shown = (await client.ReadAsync($"/v1/checks/{checkId}")).Body;

        shown.TryGetProperty("frequency", out _).ShouldBeFalse("It is described as a number.");
        shown.GetProperty("script").GetString().ShouldBe("await page.goto('/')");
        shown.GetProperty("created_at").ValueKind.ShouldBe(JsonValueKind.String);
    }
}
