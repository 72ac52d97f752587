using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Runners;

/// <summary>Whatever comes in, the answer is a 4xx that says what is wrong, and nothing is written (docs/domain.md#rule-12).</summary>
public sealed class MalformedInputTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private const string Session = "/ledger/sessions/{session}";
    private const string Run = Session + "/runs/{run}";

    private readonly HttpClient client = fixture.Ledger.Client;

    public static TheoryData<string, string, HttpStatusCode> Bodies() => new()
    {
        { "/ledger/sessions", "{", HttpStatusCode.BadRequest },
        { "/ledger/sessions", "", HttpStatusCode.BadRequest },
        { "/ledger/sessions", "null", HttpStatusCode.BadRequest },
        { "/ledger/sessions", "[]", HttpStatusCode.BadRequest },
        { "/ledger/sessions", """{"kind":"check","name":"x","runs":[]}""", HttpStatusCode.BadRequest },
        { "/ledger/sessions", """{"kind":"check","name":"x","runs":[{"checkType":"NONE","name":"x","location":"x"}]}""", HttpStatusCode.BadRequest },
        { "/ledger/sessions", """{"kind":"check","name":"x","runs":[{"checkType":"API","name":"x","location":"x"}],"more":1}""", HttpStatusCode.BadRequest },
        { "/ledger/sessions", """{"kind":"check","name":"x\u0000","runs":[{"checkType":"API","name":"x","location":"x"}]}""", HttpStatusCode.BadRequest },
        { "/ledger/sessions", """{"kind":"check","name":"\ud800","runs":[{"checkType":"API","name":"x","location":"x"}]}""", HttpStatusCode.BadRequest },
        { "/ledger/sessions/no-uuid/cancel", "{}", HttpStatusCode.BadRequest },
        { "/ledger/sessions/00000000-0000-0000-0000-000000000001/cancel", "{}", HttpStatusCode.NotFound },
        { Session + "/cancel", "{", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"sequenceIds":"all"}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"sequenceIds":[]}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"sequenceIds":["x"]}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"force":"yes"}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"cause":"superseded"}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"cause":0}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"reason":"a","reason":"b"}""", HttpStatusCode.BadRequest },
        { Session + "/cancel", """{"unknown":1}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", "{}", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{}}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{},"reason":" "}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{"status":"OPEN"},"reason":"x"}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{"name":"x"},"reason":"x"}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{},"reason":"x","limit":1001}""", HttpStatusCode.BadRequest },
        { "/ledger/cancels", """{"filter":{"startedBefore":"soon"},"reason":"x"}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", "", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":[],"checkTypes":[]}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":["x"]}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":["x"],"checkTypes":["NONE"]}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":["x"],"checkTypes":[],"max":0}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":["x"],"checkTypes":[],"waitSeconds":31}""", HttpStatusCode.BadRequest },
        { "/ledger/runners/r/claims", """{"locations":[null],"checkTypes":[]}""", HttpStatusCode.BadRequest },
        { Session + "/runs/no-uuid/start", "", HttpStatusCode.BadRequest },
        { Session + "/runs/00000000-0000-0000-0000-000000000001/start", "", HttpStatusCode.NotFound },
        { "/ledger/sessions/00000000-0000-0000-0000-000000000001/runs/00000000-0000-0000-0000-000000000001/heartbeat", "", HttpStatusCode.NotFound },
        { Run + "/start", """{"unknown":1}""", HttpStatusCode.BadRequest },
        { Run + "/start", "", HttpStatusCode.Conflict },
        { Run + "/heartbeat", "[]", HttpStatusCode.BadRequest },
        { Run + "/heartbeat", "", HttpStatusCode.Conflict },
        { Run + "/cancel-acknowledgement", "", HttpStatusCode.BadRequest },
        { Run + "/cancel-acknowledgement", """{"cancelId":1}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"politely"}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"killed","durationMs":-1}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"killed","evidence":{}}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"killed","evidence":{"processesLeft":-1}}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"killed","evidence":{"processesLeft":null}}""", HttpStatusCode.BadRequest },
        { Run + "/abort", """{"cancelId":"00000000-0000-0000-0000-000000000001","how":"killed","exitCode":99999999999}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"LAST","hasFailures":false}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"FINAL"}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"FINAL","hasFailures":false,"responseTime":-1}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"FINAL","hasFailures":false,"attempt":0}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"FINAL","hasFailures":false,"startedAt":"soon"}""", HttpStatusCode.BadRequest },
        { Run + "/results", """{"resultType":"FINAL","hasFailures":false}""", HttpStatusCode.Conflict },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_malformed_request_is_refused_and_nothing_is_written(string path, string body, HttpStatusCode expected)
    {
        var session = await client.TriggerAsync("malformed");
        var before = await client.HeadAsync();

        var answer = await client.PostBodyAsync(
            path.Replace("{session}", $"{session.SessionId}", StringComparison.Ordinal)
                .Replace("{run}", $"{session.Run}", StringComparison.Ordinal),
            new StringContent(body, Encoding.UTF8, "application/json"),
            ("Ledger-Runner", "r"));

        answer.Status.ShouldBe(expected, answer.Body.ToString());
        answer.MediaType.ShouldBe("application/problem+json");
        answer.Body.GetProperty("status").GetInt32().ShouldBe((int)expected);
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Theory]
    [InlineData("start")]
    [InlineData("heartbeat")]
    [InlineData("results")]
    public async Task A_call_about_a_run_must_name_its_runner(string what)
    {
        var session = await client.TriggerAsync("nameless");

        var answer = await client.PostBodyAsync(
            $"/ledger/sessions/{session.SessionId}/runs/{session.Run}/{what}", new { resultType = "FINAL", hasFailures = false });

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer.Body.GetProperty("detail").GetString()!.ShouldContain("Ledger-Runner");
    }

    [Fact]
    public async Task A_body_may_have_a_mebibyte_and_not_a_byte_more()
    {
        var session = await client.TriggerAsync("large");
        var before = await client.HeadAsync();
        const int Limit = 1024 * 1024;

        foreach (var chunked in new[] { false, true })
        {
            var content = new StringContent("{}".PadRight(Limit + 1), Encoding.UTF8, "application/json");
            var answer = await client.PostBodyAsync(
                $"/ledger/sessions/{session.SessionId}/cancel", content, chunked ? [("Transfer-Encoding", "chunked")] : []);
            answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        }

        (await client.HeadAsync()).ShouldBe(before);
        var fits = new StringContent("{}".PadRight(Limit), Encoding.UTF8, new MediaTypeHeaderValue("application/json"));
        (await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", fits)).Status.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task A_cancel_may_name_ten_thousand_runs_and_not_one_more()
    {
        var session = await client.TriggerAsync("names");
        var before = await client.HeadAsync();
        var tooMany = Enumerable.Range(0, 10_001).Select(_ => Guid.NewGuid()).ToList();

        var answer = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { sequenceIds = tooMany });

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_key_that_is_unknown_expired_or_revoked_opens_nothing()
    {
        var session = await client.TriggerAsync("keys");
        var before = await client.HeadAsync();
        var made = await client.PostBodyAsync("/ledger/keys", new { name = "gone", scopes = new[] { "command", "read", "runner" } });
        (await client.CallAsync(HttpMethod.Delete, $"/ledger/keys/{made.Body.GetProperty("keyId").GetString()}"))
            .Status.ShouldBe(HttpStatusCode.NoContent);
        var shortLived = await client.PostBodyAsync(
            "/ledger/keys", new { name = "short", scopes = new[] { "command" }, expiresAt = DateTimeOffset.UtcNow.AddSeconds(3) });
        await Support.Eventually.Become(async () =>
        {
            using var expiring = fixture.Ledger.ClientWith(shortLived.Body.GetProperty("apiKey").GetString());
            return (await expiring.PostBodyAsync("/ledger/sessions/no-uuid/cancel", null)).Status == HttpStatusCode.Unauthorized;
        });

        foreach (var key in new[] { null, "unknown", made.Body.GetProperty("apiKey").GetString(), shortLived.Body.GetProperty("apiKey").GetString() })
        {
            using var stranger = fixture.Ledger.ClientWith(key);
            foreach (var path in new[] { $"/ledger/sessions/{session.SessionId}/cancel", "/ledger/cancels", "/ledger/runners/r/claims" })
            {
                var answer = await stranger.PostBodyAsync(path, new { });
                answer.Status.ShouldBe(HttpStatusCode.Unauthorized);
                answer.MediaType.ShouldBe("application/problem+json");
            }
        }

        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_key_opens_only_what_its_scope_allows()
    {
        var session = await client.TriggerAsync("scopes");
        var before = await client.HeadAsync();
        var cancel = $"/ledger/sessions/{session.SessionId}/cancel";
        var start = $"/ledger/sessions/{session.SessionId}/runs/{session.Run}/start";
        (string Scope, HttpMethod Method, string Path)[] forbidden =
        [
            ("read", HttpMethod.Post, cancel),
            ("read", HttpMethod.Post, "/ledger/cancels"),
            ("read", HttpMethod.Post, "/ledger/runners/r/claims"),
            ("read", HttpMethod.Get, "/ledger/runners/r/signals"),
            ("command", HttpMethod.Post, start),
            ("command", HttpMethod.Get, "/ledger/sessions"),
            ("command", HttpMethod.Get, $"/ledger/sessions/{session.SessionId}/live"),
            ("runner", HttpMethod.Post, "/ledger/cancels"),
            ("runner", HttpMethod.Get, "/ledger/projections"),
            ("admin", HttpMethod.Post, "/ledger/runners/r/claims"),
        ];

        foreach (var (scope, method, path) in forbidden)
        {
            var made = await client.PostBodyAsync("/ledger/keys", new { name = scope, scopes = new[] { scope } });
            using var limited = fixture.Ledger.ClientWith(made.Body.GetProperty("apiKey").GetString());
            var answer = await limited.CallAsync(method, path);
            answer.Status.ShouldBe(HttpStatusCode.Forbidden, $"{scope} {path}");
            answer.MediaType.ShouldBe("application/problem+json");
        }

        (await client.HeadAsync()).ShouldBe(before);
    }
}
