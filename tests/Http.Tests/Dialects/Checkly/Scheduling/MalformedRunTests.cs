using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>Nothing that a client may send as a run request is a fault of the ledger, and none of it is half done.</summary>
public sealed class MalformedRunTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private static readonly string[] Values = ["null", "-1", "true", "\"\"", "[null]", "{}"];

    [Fact]
    public async Task Every_member_of_a_wrong_type_is_refused_or_ignored_and_a_refusal_appends_nothing()
    {
        var bundle = await ledger.UploadAsync();
        var template = CommandLine.RunOf(CommandLine.PlaywrightJob(bundle), CommandLine.ApiJob(), CommandLine.TcpJob());
        var head = await ledger.HeadAsync();
        var (accepted, refused) = (0, 0);
        foreach (var path in PathsOf(template, []).ToList())
        {
            foreach (var value in Values)
            {
                var body = template.DeepClone();
                Replace(body, path, JsonNode.Parse(value));

                var answer = await ledger.RunAsync(body);

                answer.Status.ShouldBeOneOf(
                    [HttpStatusCode.Accepted, HttpStatusCode.BadRequest], $"{string.Join('/', path)} = {value}: {answer.Body}");
                accepted += answer.Status is HttpStatusCode.Accepted ? 1 : 0;
                refused += answer.Status is HttpStatusCode.BadRequest ? 1 : 0;
            }
        }

        (await ledger.HeadAsync()).ShouldBe(head + accepted);
        refused.ShouldBeGreaterThan(200);
    }

    [Theory]
    [InlineData("testCommand", "\"\"")]
    [InlineData("testCommand", "null")]
    [InlineData("installCommand", "\" \"")]
    [InlineData("workingDir", "\"../x\"")]
    [InlineData("workingDir", "\"a/../../x\"")]
    [InlineData("workingDir", "\"/etc\"")]
    [InlineData("workingDir", "\"..\\\\x\"")]
    [InlineData("workingDir", "null")]
    [InlineData("cacheHash", "\"../x\"")]
    [InlineData("codeBundlePath", "\"x\"")]
    [InlineData("codeBundlePath", "null")]
    [InlineData("checkType", "\"MOON\"")]
    [InlineData("name", "null")]
    [InlineData("logicalId", "\"\"")]
    [InlineData("testRetryStrategy", """{"type":"FIXED","maxRetries":0}""")]
    [InlineData("environmentVariables", """[{"key":"A=B","value":"x"}]""")]
    [InlineData("sourceInfo", """{"checkRunSuiteId":"x"}""")]
    public async Task A_Playwright_job_with_a_wrong_member_is_400_naming_it(string member, string value)
    {
        var job = CommandLine.PlaywrightJob(await ledger.UploadAsync()).With(member, JsonNode.Parse(value));

        (await ledger.RunAsync(CommandLine.RunOf(job))).ShouldBeBadRequestNaming(member is "testRetryStrategy" ? "retryStrategy" : member);
    }

    [Theory]
    [InlineData("""{"method":"GET"}""", "url")]
    [InlineData("""{"url":"x","method":"GET /"}""", "method")]
    [InlineData("""{"url":"x","headers":[null]}""", "headers")]
    [InlineData("""{"url":"x","assertions":[null]}""", "assertions")]
    [InlineData("""{"url":"x","assertions":[{"source":"","comparison":"EQUALS"}]}""", "assertions")]
    [InlineData("null", "request")]
    public async Task An_API_job_with_a_wrong_request_is_400_naming_it(string request, string member)
    {
        var job = CommandLine.ApiJob().With("request", JsonNode.Parse(request));

        (await ledger.RunAsync(CommandLine.RunOf(job))).ShouldBeBadRequestNaming(member);
    }

    [Fact]
    public async Task Jobs_must_differ_and_belong_together_and_be_some()
    {
        var suite = JsonNode.Parse($$"""{"checkRunSuiteId":"{{Guid.NewGuid()}}"}""");

        (await ledger.RunAsync(CommandLine.RunOf())).ShouldBeBadRequestNaming("checkRunJobs");
        (await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob(), CommandLine.TcpJob()))).ShouldBeBadRequestNaming("logicalId");
        (await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob(), CommandLine.ApiJob().With("sourceInfo", suite))))
            .ShouldBeBadRequestNaming("checkRunSuiteId");
        (await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob().With("checkType", "HEARTBEAT"))))
            .ShouldBeBadRequestNaming("heartbeat");
    }

    [Fact]
    public async Task More_runs_than_a_session_has_are_refused()
    {
        var jobs = Enumerable.Range(0, Limits.Runs + 1)
            .Select(at => new JsonObject { ["name"] = "x", ["checkType"] = "TCP", ["logicalId"] = $"{at}" })
            .ToArray();

        (await ledger.RunAsync(CommandLine.RunOf(jobs))).ShouldBeBadRequestNaming($"{Limits.Runs}");
    }

    [Fact]
    public async Task What_is_no_JSON_is_400()
    {
        (await ledger.RunAsync("{"u8.ToArray())).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.RunAsync("null"u8.ToArray())).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.RunAsync([])).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.RunAsync([0xff, 0xfe])).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.RunAsync(Encoding.UTF8.GetBytes(new string('[', 1000)))).Status.ShouldBe(HttpStatusCode.BadRequest);
    }

    /// <summary>Some sixty kilobytes that say that they are sixty-four megabytes and one byte.</summary>
    [Fact]
    public async Task A_body_that_grows_past_the_limit_when_it_is_decompressed_is_413()
    {
        var head = await ledger.HeadAsync();

        var answer = await ledger.RunAsync(new byte[(64 * 1024 * 1024) + 1]);

        answer.Status.ShouldBe(HttpStatusCode.RequestEntityTooLarge);
        answer["error"].GetString().ShouldBe("Payload Too Large");
        (await ledger.HeadAsync()).ShouldBe(head);
    }

    [Fact]
    public async Task Keys_without_the_right_are_refused_before_the_body_is_looked_at()
    {
        (await ledger.RunAsync((JsonNode?)null, key: "")).ShouldBeUnauthorized();
        (await ledger.RunAsync((JsonNode?)null, await ledger.KeyWithAsync("read"))).ShouldBeForbidden();
    }

    private static IEnumerable<string[]> PathsOf(JsonNode? node, string[] above) => node switch
    {
        JsonObject members => members.SelectMany(member => PathsOf(member.Value, [.. above, member.Key]).Prepend([.. above, member.Key])),
        JsonArray items => items.SelectMany((item, at) => PathsOf(item, [.. above, $"{at}"]).Prepend([.. above, $"{at}"])),
        _ => [],
    };

    private static void Replace(JsonNode body, string[] path, JsonNode? value)
    {
        var parent = path[..^1].Aggregate(body, (at, part) => at is JsonArray items ? items[int.Parse(part)]! : at[part]!);
        if (parent is JsonArray list)
        {
            list[int.Parse(path[^1])] = value;
        }
        else
        {
            parent[path[^1]] = value;
        }
    }
}
