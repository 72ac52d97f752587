using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>What <c>checkly test</c> schedules with (docs/dialects/checkly-cli.md#scheduling).</summary>
public sealed class RunChecksTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task The_answer_names_results_and_runs_by_logical_id()
    {
        var bundle = await ledger.UploadAsync();

        var answer = await ledger.RunAsync(CommandLine.RunOf(CommandLine.PlaywrightJob(bundle), CommandLine.ApiJob()));

        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body);
        answer.Json.EnumerateObject().Select(member => member.Name)
            .ShouldBe(["schedulingId", "testSessionId", "testResultIds", "sequenceIds"]);
        var session = await ledger.Runner.ReadAsync(answer["testSessionId"].GetGuid());
        (session.Kind, session.Source, session.Name, session.Project)
            .ShouldBe((SessionKind.Test, SessionSource.TestRecord, "Demo", "demo"));
        session.Runs.Select(run => (run.Plan.CheckType, run.Plan.Name, run.Plan.Location)).ShouldBe(
            [("PLAYWRIGHT", "PW Suite", "eu-central-1"), ("API", "Home API", "eu-central-1")]);
        answer["sequenceIds/pw-suite"].GetGuid().ShouldBe(session.Runs[0].SequenceId);
        answer["sequenceIds/home-api"].GetGuid().ShouldBe(session.Runs[1].SequenceId);
        var result = await ledger.GetAsync($"/v1/test-sessions/{session.Id}/results/{answer["testResultIds/home-api"]}");
        result["sequenceId"].GetGuid().ShouldBe(session.Runs[1].SequenceId);
    }

    [Fact]
    public async Task The_session_keeps_the_suite_and_the_code_and_each_run_the_clients_own_id()
    {
        var answer = await ledger.RunAsync(CommandLine.RunOf(CommandLine.ApiJob(), CommandLine.TcpJob()).With("streamLogs", true));

        var session = await ledger.Runner.ReadAsync(answer["testSessionId"].GetGuid());
        JsonElement.DeepEquals(session.Metadata!.Value, JsonDocument.Parse("""
            {"commitId":"5354600","repoUrl":"https://github.com/acme/demo","branchName":"main","commitOwner":"Dana","commitMessage":"First",
             "provider":"TRIGGER","checkRunSuiteId":"dbb5ef77-022d-4d04-a413-0b97362d54bb","streamLogs":true,
             "origin":{"source":"CLI","operator":"manual","cliVersion":"9.5.0"}}
            """).RootElement).ShouldBeTrue(session.Metadata.ToString());
        session.Runs.Select(run => run.Plan.Spec!.Value.Text("checkRunId")).ShouldBe(
            ["0c58d3d2-99b5-491f-bdff-4fb5dd8c9227", "0c341f78-e386-4cc5-a6ac-be9ff0023057"]);
    }

    [Fact]
    public async Task A_Playwright_job_becomes_a_command_in_its_bundle()
    {
        var bundle = await ledger.UploadAsync([7, 7, 7]);

        (await SpecOfAsync(CommandLine.PlaywrightJob(bundle), refreshCache: true)).ShouldBeJson($$$"""
            {"logicalId":"pw-suite","checkRunId":"e75e50cd-9fed-4b04-b1e3-78c62338176b",
             "bundle":{"key":"{{{bundle}}}","sizeBytes":3,"sha256":"{{{Sha256([7, 7, 7])}}}"},
             "install":["sh","-c","npm ci --ignore-scripts"],
             "command":["sh","-c","npx playwright test --config playwright.config.ts"],
             "workingDirectory":".","cacheKey":"909fbd7695c18ddf","refreshCache":true,"environment":{"A":"1","BASE":"x"},
             "secretVariables":["BASE"],
             "retryStrategy":{"type":"FIXED","baseBackoffSeconds":0,"maxRetries":2,"maxDurationSeconds":600,"sameRegion":true}}
            """);
    }

    [Fact]
    public async Task Without_an_install_command_the_runner_decides_and_the_working_directory_is_written_plainly()
    {
        var bundle = await ledger.UploadAsync();
        var job = CommandLine.PlaywrightJob(bundle).Without("installCommand").With("workingDir", "./packages//e2e/");

        var spec = await SpecOfAsync(job);

        spec.TryGetProperty("install", out _).ShouldBeFalse();
        spec.Text("workingDirectory").ShouldBe("packages/e2e");
    }

    [Fact]
    public async Task An_API_job_becomes_a_request_with_what_its_group_adds()
    {
        (await SpecOfAsync(CommandLine.ApiJob())).ShouldBeJson("""
            {"logicalId":"home-api","checkRunId":"0c58d3d2-99b5-491f-bdff-4fb5dd8c9227",
             "apiRequest":{"method":"POST","url":"{{GROUP_BASE_URL}}/x",
               "headers":[{"key":"x-g","value":"g"},{"key":"x-a","value":"b"}],"queryParameters":[{"key":"q","value":"1"}],
               "body":"{\"a\":1}","bodyType":"JSON","followRedirects":false,"skipSSL":true,"shouldFail":false,
               "basicAuth":{"username":"u","password":"p"},
               "assertions":[{"source":"RESPONSE_TIME","comparison":"LESS_THAN","property":null,"target":"900","regex":null},
                             {"source":"STATUS_CODE","comparison":"EQUALS","property":"","target":"200","regex":null}]},
             "environment":{"OWN":"1","GV":"g","GROUP_BASE_URL":"https://example.com"}}
            """);
    }

    [Fact]
    public async Task What_an_API_job_leaves_out_has_its_default()
    {
        var job = CommandLine.ApiJob().Without("group").Without("environmentVariables").With("checkType", "URL")
            .With("request", JsonNode.Parse("""{"url":"https://example.com"}"""));

        (await SpecOfAsync(job)).At("apiRequest").ShouldBeJson("""
            {"method":"GET","url":"https://example.com","headers":[],"queryParameters":[],"body":null,"bodyType":null,
             "followRedirects":true,"skipSSL":false,"shouldFail":false,"basicAuth":null,"assertions":[]}
            """);
    }

    [Fact]
    public async Task Limits_on_response_times_are_the_runs()
    {
        var answer = await ledger.RunAsync(CommandLine.RunOf(CommandLine.ApiJob()));

        var plan = (await ledger.Runner.ReadAsync(answer["testSessionId"].GetGuid())).Runs[0].Plan;
        (plan.DegradedAfterMs, plan.MaxResponseTimeMs).ShouldBe((5000, 20000));
    }

    [Fact]
    public async Task A_job_that_the_supplied_runner_cannot_execute_says_so_and_is_handed_on_as_it_came()
    {
        var tcp = CommandLine.TcpJob();
        var scripted = CommandLine.ApiJob().With("localSetupScript", "console.log(1)");

        var first = await SpecOfAsync(tcp);
        var second = await SpecOfAsync(scripted);

        first.Text("unsupported").ShouldBe("The supplied runner executes no checks of type TCP.");
        first.At("job").ShouldBeJson(tcp.ToJsonString());
        second.Text("unsupported").ShouldContain("scripts");
        second.TryGetProperty("apiRequest", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_user_who_does_not_record_is_told_the_runs_alone_and_sees_no_session_again()
    {
        var name = CommandLine.NewName();

        var answer = await ledger.RunAsync(CommandLine.RunOf(CommandLine.TcpJob()).With("shouldRecord", false).With("name", name));

        answer.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["schedulingId", "sequenceIds"]);
        (await ledger.GetAsync($"/v1/test-sessions?textSearch={name}"))["length"].GetInt32().ShouldBe(0);
        (await ledger.GetAsync("/ledger/sessions?kind=test&limit=100")).Json.List("entries")
            .Single(session => session.Text("name") == name).Text("source").ShouldBe("TEST_NO_RECORD");
    }

    [Fact]
    public async Task Another_accounts_bundle_is_unknown()
    {
        var foreign = await ledger.UploadAsync(key: await ledger.KeyOfAnotherAccountAsync());

        (await ledger.RunAsync(CommandLine.RunOf(CommandLine.PlaywrightJob(foreign)))).ShouldBeBadRequestNaming("codeBundlePath");
        (await ledger.RunAsync(CommandLine.RunOf(CommandLine.PlaywrightJob(Guid.NewGuid())))).ShouldBeBadRequestNaming("codeBundlePath");
    }

    private async Task<JsonElement> SpecOfAsync(JsonObject job, bool refreshCache = false)
    {
        var answer = await ledger.RunAsync(CommandLine.RunOf((JsonObject)job.DeepClone()).With("refreshCache", refreshCache));
        answer.Status.ShouldBe(HttpStatusCode.Accepted, answer.Body);
        return await ledger.SpecOfAsync(answer["testSessionId"].GetGuid());
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes));
}

internal static class JsonComparison
{
    /// <summary>Expects the same JSON, in whatever order its members are.</summary>
    public static void ShouldBeJson(this JsonElement actual, string expected) =>
        JsonElement.DeepEquals(actual, JsonDocument.Parse(expected).RootElement).ShouldBeTrue($"was {actual}");
}
