using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly.Scheduling;

/// <summary>What <c>checkly trigger</c> schedules with (docs/dialects/checkly-cli.md#scheduling).</summary>
public sealed class TriggerChecksTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private readonly string tag = Guid.NewGuid().ToString();

    [Fact]
    public async Task The_answer_names_checks_results_and_runs_by_check_id()
    {
        var playwright = await ledger.RegisterAsync(tags: [tag], locations: ["eu-central-1", "us-east-1"]);
        var api = await ledger.RegisterAsync("API", [tag]);

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf(tag));

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        answer.Json.List("checks").Select(check => (check.Id("id"), check.Text("name"), check.Text("checkType"))).ShouldBe(
            [(playwright, $"Check {playwright:N}", "PLAYWRIGHT"), (api, $"Check {api:N}", "API")], ignoreOrder: true);
        var session = await ledger.Runner.ReadAsync(answer["testSessionId"].GetGuid());
        (session.Kind, session.Source, session.Name).ShouldBe((SessionKind.Test, SessionSource.TriggerRecord, "Triggered Session"));
        foreach (var check in (Guid[])[playwright, api])
        {
            var run = session.Runs.Single(run => run.Plan.CheckId == check);
            answer[$"sequenceIds/{check}"].GetGuid().ShouldBe(run.SequenceId);
            run.Plan.Location.ShouldBe("eu-central-1");
            var result = await ledger.GetAsync($"/v1/test-sessions/{session.Id}/results/{answer[$"testResultIds/{check}"]}");
            result["sequenceId"].GetGuid().ShouldBe(run.SequenceId);
        }

        answer["sequenceIds"].EnumerateObject().Count().ShouldBe(2);
    }

    [Fact]
    public async Task The_session_keeps_what_is_known_of_the_code_of_the_suite_and_of_the_client()
    {
        await ledger.RegisterAsync(tags: [tag]);
        var body = CommandLine.TriggerOf(tag).With("environment", "staging").With("repoInfo", JsonNode.Parse("""
            {"commitId":"abc","repoUrl":"https://example.com/r","branchName":"main","commitOwner":"Dana","commitMessage":"First"}
            """));

        var session = (await ledger.TriggerAsync(body))["testSessionId"].GetGuid();

        JsonElement.DeepEquals((await ledger.Runner.ReadAsync(session)).Metadata!.Value, JsonDocument.Parse("""
            {"commitId":"abc","repoUrl":"https://example.com/r","branchName":"main","commitOwner":"Dana","commitMessage":"First",
             "environment":"staging","provider":"TRIGGER","checkRunSuiteId":"a41e92e7-55d5-466a-aacf-482362a27b70",
             "origin":{"source":"CLI","operator":"manual","cliVersion":"9.5.0"}}
            """).RootElement).ShouldBeTrue();
        var listed = (await ledger.GetAsync("/v1/test-sessions?providers[]=TRIGGER&branches[]=main")).Json.List("entries")
            .Single(entry => entry.Id("id") == session);
        (listed.Text("provider"), listed.Text("commitOwner"), listed.Text("environment")).ShouldBe(("TRIGGER", "Dana", "staging"));
    }

    [Fact]
    public async Task A_session_that_reports_to_GitHub_counts_as_GitHubs()
    {
        await ledger.RegisterAsync(tags: [tag]);
        var body = CommandLine.TriggerOf(tag).With("repoInfo", JsonNode.Parse("""{"github":{"reporting":true,"sha":"abc"}}"""));

        var session = (await ledger.TriggerAsync(body))["testSessionId"].GetGuid();

        (await ledger.Runner.ReadAsync(session)).Metadata!.Value.Text("provider").ShouldBe("GITHUB");
    }

    [Fact]
    public async Task What_a_request_says_once_and_every_check_would_get_is_bounded_over_all_of_them()
    {
        foreach (var _ in Enumerable.Range(0, 66))
        {
            await ledger.RegisterAsync(tags: [tag]);
        }

        var large = new JsonObject { ["key"] = "LARGE", ["value"] = new string('x', 1_030_000) };
        var body = CommandLine.TriggerOf(tag).With("name", tag).With("environmentVariables", new JsonArray(large));

        var answer = await ledger.TriggerAsync(body);

        answer.Status.ShouldBe(HttpStatusCode.BadRequest);
        answer["message"].GetString()!.ShouldContain("environmentVariables");
        (await ledger.GetAsync($"/v1/test-sessions?textSearch={tag}")).Json.List("entries").ShouldBeEmpty();
    }

    [Fact]
    public async Task Tags_of_a_group_must_all_match_and_any_group_may()
    {
        var both = await ledger.RegisterAsync(tags: [tag, "a", "b"]);
        var one = await ledger.RegisterAsync(tags: [tag, "c"]);
        await ledger.RegisterAsync(tags: [tag, "a"]);
        var body = CommandLine.TriggerOf().With("targetTags", JsonNode.Parse($"""[["{tag}","a","b"],["{tag}","c"]]"""));

        var answer = await ledger.TriggerAsync(body);

        answer.Json.List("checks").Select(check => check.Id("id")).ShouldBe([both, one], ignoreOrder: true);
    }

    [Fact]
    public async Task No_tags_at_all_let_every_check_through()
    {
        var check = await ledger.RegisterAsync();

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf());

        answer.Json.List("checks").Select(listed => listed.Id("id")).ShouldContain(check);
    }

    [Fact]
    public async Task Ids_narrow_what_the_tags_mean()
    {
        var meant = await ledger.RegisterAsync(tags: [tag]);
        await ledger.RegisterAsync(tags: [tag]);

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf(tag).With("checkId", new JsonArray(meant.ToString())));

        answer.Json.List("checks").Select(check => check.Id("id")).ShouldBe([meant]);
    }

    [Fact]
    public async Task Nothing_that_matches_is_the_403_that_the_command_line_knows()
    {
        await ledger.RegisterAsync(tags: [tag], activated: false);
        var head = await ledger.HeadAsync();

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf(tag));

        answer.Status.ShouldBe(HttpStatusCode.Forbidden);
        JsonElement.DeepEquals(answer.Json, JsonDocument.Parse("""
            {"statusCode":403,"error":"Forbidden","message":"No matching checks were found.","errorCode":"ERR_NO_MATCHING_CHECKS"}
            """).RootElement).ShouldBeTrue(answer.Body);
        (await ledger.HeadAsync()).ShouldBe(head);
    }

    [Fact]
    public async Task A_user_who_does_not_record_is_told_the_runs_alone_and_sees_no_session_again()
    {
        var check = await ledger.RegisterAsync(tags: [tag]);
        var name = CommandLine.NewName();

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf(tag).With("shouldRecord", false).With("name", name));

        answer.Status.ShouldBe(HttpStatusCode.Created);
        answer.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["checks", "sequenceIds"]);
        (await ledger.GetAsync($"/v1/test-sessions?textSearch={name}"))["length"].GetInt32().ShouldBe(0);
        var kept = (await ledger.GetAsync("/ledger/sessions?kind=test&limit=100")).Json.List("entries").Single(s => s.Text("name") == name);
        kept.Text("source").ShouldBe("TRIGGER_NO_RECORD");
        (await ledger.GetAsync($"/ledger/sessions/{kept.Id("sessionId")}")).Json.Id("runs/0/sequenceId").ShouldBe(answer[$"sequenceIds/{check}"].GetGuid());
    }

    [Fact]
    public async Task Variables_and_options_stand_in_the_runs_spec()
    {
        var spec = new { command = (string[])["true"], environment = new { BASE = "own", KEPT = "1" } };
        await ledger.RegisterAsync(tags: [tag], spec: spec);
        var body = CommandLine.TriggerOf(tag)
            .With("environmentVariables", JsonNode.Parse("""[{"key":"BASE","value":"x"},{"key":"EMPTY","value":""}]"""))
            .With("testRetryStrategy", JsonNode.Parse("""
                {"type":"FIXED","baseBackoffSeconds":0,"maxRetries":2,"maxDurationSeconds":600,"sameRegion":true}
                """))
            .With("refreshCache", true);

        var session = (await ledger.TriggerAsync(body))["testSessionId"].GetGuid();

        JsonElement.DeepEquals((await ledger.Runner.ReadAsync(session)).Runs[0].Plan.Spec!.Value, JsonDocument.Parse("""
            {"command":["true"],"environment":{"BASE":"x","KEPT":"1","EMPTY":""},"refreshCache":true,
             "retryStrategy":{"type":"FIXED","baseBackoffSeconds":0,"maxRetries":2,"maxDurationSeconds":600,"sameRegion":true}}
            """).RootElement).ShouldBeTrue();
    }

    [Fact]
    public async Task A_private_location_is_named_by_its_slug()
    {
        await ledger.RegisterAsync(tags: [tag]);
        var body = CommandLine.TriggerOf(tag).With("runLocation", JsonNode.Parse("""
            {"type":"PRIVATE","id":"adb84b3d-68fe-4fd8-9a44-a5836cb02a78","slugName":"my-loc"}
            """));

        var session = (await ledger.TriggerAsync(body))["testSessionId"].GetGuid();

        (await ledger.Runner.ReadAsync(session)).Runs[0].Plan.Location.ShouldBe("my-loc");
    }

    [Theory]
    [InlineData("name", "\"\"")]
    [InlineData("name", "null")]
    [InlineData("runLocation", "null")]
    [InlineData("runLocation", """{"type":"PUBLIC"}""")]
    [InlineData("runLocation", """{"type":"PRIVATE","region":"eu-central-1"}""")]
    [InlineData("runLocation", """{"type":"MOON","region":"eu-central-1"}""")]
    [InlineData("runLocation", "\"eu-central-1\"")]
    [InlineData("checkRunSuiteId", "\"x\"")]
    [InlineData("targetTags", "null")]
    [InlineData("targetTags", "[null]")]
    [InlineData("checkId", "[\"x\"]")]
    [InlineData("environmentVariables", "[null]")]
    [InlineData("environmentVariables", """[{"key":"","value":"x"}]""")]
    [InlineData("environmentVariables", """[{"key":"A"}]""")]
    [InlineData("repoInfo", "[]")]
    [InlineData("repoInfo", """{"github":{}}""")]
    [InlineData("testRetryStrategy", """{"type":"FIXED","maxRetries":11}""")]
    [InlineData("refreshCache", "null")]
    [InlineData("shouldRecord", "\"yes\"")]
    public async Task A_member_that_is_wrong_is_400_naming_it_and_nothing_is_triggered(string member, string value)
    {
        await ledger.RegisterAsync(tags: [tag]);
        var head = await ledger.HeadAsync();

        var answer = await ledger.TriggerAsync(CommandLine.TriggerOf(tag).With(member, JsonNode.Parse(value)));

        answer.ShouldBeBadRequestNaming(member is "testRetryStrategy" ? "etryStrategy" : member);
        (await ledger.HeadAsync()).ShouldBe(head);
    }

    [Fact]
    public async Task Keys_without_the_right_are_refused_before_the_body_is_looked_at()
    {
        (await ledger.TriggerAsync(null, key: "")).ShouldBeUnauthorized();
        (await ledger.TriggerAsync(null, await ledger.KeyWithAsync("read"))).ShouldBeForbidden();
        (await ledger.TriggerAsync(null)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.PostAsync(CommandLine.Trigger)).Status.ShouldBe(HttpStatusCode.BadRequest);
        (await ledger.PostAsync(CommandLine.Trigger, "{")).Status.ShouldBe(HttpStatusCode.BadRequest);
    }
}
