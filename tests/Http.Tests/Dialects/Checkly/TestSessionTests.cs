using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What triggers test sessions, and how they read (docs/dialects/checkly.md#test-sessions).</summary>
public sealed class TestSessionTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    private const string Trigger = "/v1/test-sessions/trigger";

    [Fact]
    public async Task A_trigger_makes_one_session_with_a_pending_result_for_each_check()
    {
        var playwright = await ledger.RegisterAsync(locations: ["eu-central-1", "us-east-1"]);
        var api = await ledger.RegisterAsync("API");

        var answer = await ledger.PostAsync(Trigger, $$$"""
            {"name":"Smoke after deploy","runLocation":"my-private-location","target":{"checkId":["{{{playwright}}}","{{{api}}}"]},
             "metadata":{"branchName":"main","commitId":"abc","commitOwner":null,"environment":"staging",
                         "github":{"reporting":false,"sha":"abc"} } }
            """);

        answer.Status.ShouldBe(HttpStatusCode.Created);
        var session = answer["testSessionId"].GetGuid();
        answer["testSessionLink"].GetString().ShouldEndWith($"/accounts/{ledger.AccountId}/test-sessions/{session}");
        answer["name"].GetString().ShouldBe("Smoke after deploy");
        answer["status"].GetString().ShouldBe("RUNNING");
        answer["stoppedAt"].ValueKind.ShouldBe(JsonValueKind.Null);
        JsonElement.DeepEquals(
            answer["metadata"],
            JsonDocument.Parse("""
                {"branchName":"main","commitId":"abc","environment":"staging","github":{"reporting":false,"sha":"abc"}}
                """).RootElement).ShouldBeTrue(answer["metadata"].ToString());
        var results = answer.Json.List("results");
        results.Select(result => result.Id("checkId")).ShouldBe([playwright, api], ignoreOrder: true);
        results.ShouldAllBe(result =>
            result.Text("resultType") == "PENDING"
            && result.Text("status") == "RUNNING"
            && result.Text("runLocation") == "my-private-location");
        (await ledger.Runner.ReadAsync(session)).Source.ShouldBe(SessionSource.TriggerApi);
    }

    [Fact]
    public async Task A_result_keeps_its_id_from_pending_to_final()
    {
        var answer = await ledger.TriggerTestAsync(await ledger.RegisterAsync());
        var session = answer["testSessionId"].GetGuid();
        var id = answer["results/0/testSessionResultId"].GetGuid();
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        var path = $"/v1/test-sessions/{session}/results/{id}";
        var pending = await ledger.GetAsync(path);
        await ledger.Runner.StartAllAsync(session);
        var running = await ledger.GetAsync(path);
        var attempt = await ledger.Runner.AttemptAsync(session, sequence);
        var details = JsonSerializer.SerializeToElement(new { errors = Array.Empty<string>() });
        await ledger.Runner.ReportAsync(session, sequence, ResultType.Final, responseTime: 700, details: details);

        var final = await ledger.GetAsync(path);
        var results = (await ledger.GetAsync($"/v1/test-sessions/{session}")).Json.List("results");

        new[] { pending, running, final }.ShouldAllBe(result => result["id"].GetGuid() == id);
        new[] { pending, running, final }.Select(result => result["resultType"].GetString()).ShouldBe(["PENDING", "PENDING", "FINAL"]);
        new[] { pending, running, final }.Select(result => result["status"].GetString()).ShouldBe(["RUNNING", "RUNNING", "PASSED"]);
        pending["startedAt"].ValueKind.ShouldBe(JsonValueKind.Null);
        running["startedAt"].ValueKind.ShouldBe(JsonValueKind.String);
        final["sequenceId"].GetGuid().ShouldBe(sequence);
        final["attempts"].GetInt32().ShouldBe(2);
        final["responseTime"].GetInt64().ShouldBe(700);
        final["playwrightCheckResult/errors"].GetArrayLength().ShouldBe(0);
        results.Select(result => result.Id("testSessionResultId")).ShouldBe([attempt, id]);
        results.Select(result => result.Text("resultType")).ShouldBe(["ATTEMPT", "FINAL"]);
        (await ledger.GetAsync($"/v1/test-sessions/{session}/results/{attempt}"))["status"].GetString().ShouldBe("FAILED");
    }

    [Fact]
    public async Task A_cancelled_result_says_so_by_its_status_and_only_the_single_one_by_isCancelled()
    {
        var answer = await ledger.TriggerTestAsync(await ledger.RegisterAsync());
        var session = answer["testSessionId"].GetGuid();
        await ledger.PostAsync($"/v1/test-sessions/{session}/cancel");

        var concise = (await ledger.GetAsync($"/v1/test-sessions/{session}"))["results/0"];
        var single = await ledger.GetAsync($"/v1/test-sessions/{session}/results/{concise.Id("testSessionResultId")}");

        concise.Text("status").ShouldBe("CANCELLED");
        concise.At("hasFailures").GetBoolean().ShouldBeFalse();
        concise.TryGetProperty("isCancelled", out _).ShouldBeFalse();
        single["isCancelled"].GetBoolean().ShouldBeTrue();
        single["attempts"].GetInt32().ShouldBe(0);
        single["id"].GetGuid().ShouldBe(answer["results/0/testSessionResultId"].GetGuid());
    }

    [Fact]
    public async Task Degraded_reads_passed_and_lost_reads_failed()
    {
        var degraded = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        var lost = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        await ledger.Runner.StartAllAsync(degraded);
        await ledger.Runner.StartAllAsync(lost);
        await ledger.Runner.ReportAsync(degraded, (await ledger.SequencesOfAsync(degraded))[0], ResultType.Final, isDegraded: true);
        await ledger.Runner.LoseAsync(lost, (await ledger.SequencesOfAsync(lost))[0]);

        var first = await ledger.GetAsync($"/v1/test-sessions/{degraded}");
        var second = await ledger.GetAsync($"/v1/test-sessions/{lost}/completion");

        (first["status"].GetString(), first["results/0/status"].GetString()).ShouldBe(("PASSED", "PASSED"));
        first["results/0/isDegraded"].GetBoolean().ShouldBeTrue();
        (second["status"].GetString(), second["results/0/status"].GetString()).ShouldBe(("FAILED", "FAILED"));
        second["results/0/hasErrors"].GetBoolean().ShouldBeTrue();
        second["results/0/aborted"].GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task Variables_and_options_stand_in_the_runs_spec()
    {
        var check = await ledger.RegisterAsync(spec: new
        {
            command = (string[])["npx", "playwright", "test"],
            environment = new Dictionary<string, string> { ["BASE"] = "https://old.example", ["KEEP"] = "1", ["DROP"] = "1" },
        });

        var answer = await ledger.PostAsync(Trigger, $$$"""
            {"name":"x","runLocation":"eu-central-1","target":{"checkId":"{{{check}}}"},"refreshCache":true,
             "environmentVariables":[{"key":"BASE","value":"https://new.example","locked":true},{"key":"DROP","value":null},
                                     {"key":"TOKEN","value":"","secret":true},{"key":"BASE2","value":5,"secret":true}],
             "retryStrategy":{"type":"EXPONENTIAL","maxRetries":3,"onlyOn":["NETWORK_ERROR"],"unknown":1}}
            """);

        answer.Status.ShouldBe(HttpStatusCode.Created, answer.Body);
        var spec = await ledger.SpecOfAsync(answer["testSessionId"].GetGuid());
        JsonElement.DeepEquals(spec, JsonDocument.Parse("""
            {"command":["npx","playwright","test"],"refreshCache":true,
             "environment":{"BASE":"https://new.example","KEEP":"1","DROP":null,"TOKEN":"","BASE2":"5"},
             "secretVariables":["BASE","BASE2","TOKEN"],
             "retryStrategy":{"type":"EXPONENTIAL","maxRetries":3,"baseBackoffSeconds":60,"sameRegion":true,"maxDurationSeconds":600,
                              "onlyOn":["NETWORK_ERROR"]}}
            """).RootElement).ShouldBeTrue(spec.ToString());
    }

    [Fact]
    public async Task What_the_client_says_of_itself_is_kept_and_not_shown_as_metadata()
    {
        var check = await ledger.RegisterAsync();
        using var body = new StringContent($$$"""{"name":"x","runLocation":"y","target":{"checkId":"{{{check}}}"}}""");

        var answer = await ledger.SendAsync(
            HttpMethod.Post, Trigger, body, headers: [("x-checkly-source", "CLI"), ("x-checkly-operator", "manual")]);

        answer["metadata"].EnumerateObject().ShouldBeEmpty();
        var kept = (await ledger.Runner.ReadAsync(answer["testSessionId"].GetGuid())).Metadata!.Value;
        kept.Text("origin/source").ShouldBe("CLI");
        kept.Text("origin/operator").ShouldBe("manual");
        kept.Text("provider").ShouldBe("API");
    }

    [Fact]
    public async Task Links_begin_with_the_public_address_where_one_is_set()
    {
        await using var behindProxy = await RunningLedger.StartAsync(
            ledger.ConnectionString,
            new Dictionary<string, string?> { ["Ledger:PublicUrl"] = "https://ledger.example/base/" },
            account: ledger.AccountId);
        var session = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");

        var shown = JsonDocument.Parse(await behindProxy.Client.GetStringAsync($"/v1/test-sessions/{session}")).RootElement;

        shown.Text("testSessionLink").ShouldBe($"https://ledger.example/base/accounts/{ledger.AccountId}/test-sessions/{session}");
        shown.Text("results/0/testSessionResultLink").ShouldStartWith($"{shown.Text("testSessionLink")}/results/");
    }

    [Fact]
    public async Task Deactivated_checks_are_selected_on_request_only()
    {
        var check = await ledger.RegisterAsync(activated: false);

        (await ledger.PostAsync(Trigger, $$$"""{"name":"x","runLocation":"y","target":{"checkId":"{{{check}}}"}}"""))
            .ShouldBeNotFound("No matching checks were found.");
        (await ledger.PostAsync(
                Trigger, $$$"""{"name":"x","runLocation":"y","target":{"checkId":"{{{check}}}","allowDeactivated":true}}"""))
            .Status.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("", "body")]
    [InlineData("{}", "name")]
    [InlineData("""{"runLocation":"y"}""", "name")]
    [InlineData("""{"name":"","runLocation":"y"}""", "name")]
    [InlineData("""{"name":5,"runLocation":"y"}""", "name")]
    [InlineData("""{"name":"x"}""", "runLocation")]
    [InlineData("""{"name":"x","runLocation":null}""", "runLocation")]
    [InlineData("""{"name":"x","runLocation":"y","target":{"checkId":null}}""", "target.checkId")]
    [InlineData("""{"name":"x","runLocation":"y","target":{"allowDeactivated":"yes"}}""", "target.allowDeactivated")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[{"value":"1"}]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[{"key":"A"}]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[{"key":"A","value":""}]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[{"key":"A","value":5}]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[{"key":"A=B","value":"1"}]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","environmentVariables":[null]}""", "environmentVariables")]
    [InlineData("""{"name":"x","runLocation":"y","retryStrategy":{}}""", "retryStrategy.type")]
    [InlineData("""{"name":"x","runLocation":"y","retryStrategy":{"type":"SOMETIMES"}}""", "retryStrategy.type")]
    [InlineData("""{"name":"x","runLocation":"y","retryStrategy":{"type":"FIXED","maxRetries":11}}""", "maxRetries")]
    [InlineData("""{"name":"x","runLocation":"y","retryStrategy":{"type":"FIXED","maxDurationSeconds":601}}""", "maxDurationSeconds")]
    [InlineData("""{"name":"x","runLocation":"y","retryStrategy":{"type":"FIXED","onlyOn":["ANY"]}}""", "onlyOn")]
    [InlineData("""{"name":"x","runLocation":"y","metadata":{"environment":""}}""", "metadata.environment")]
    [InlineData("""{"name":"x","runLocation":"y","metadata":{"branchName":5}}""", "metadata.branchName")]
    [InlineData("""{"name":"x","runLocation":"y","metadata":{"github":{}}}""", "metadata.github")]
    [InlineData("""{"name":"x","runLocation":"y","metadata":{"github":{"reporting":1}}}""", "metadata.github")]
    [InlineData("{", "JSON")]
    public async Task A_body_of_the_wrong_form_is_400_and_names_what_is_wrong(string body, string wrong) =>
        (await ledger.PostAsync(Trigger, body)).ShouldBeBadRequestNaming(wrong);

    [Fact]
    public async Task Fifty_variables_are_allowed_and_one_more_is_not()
    {
        var check = await ledger.RegisterAsync();
        string Body(int count) => $$$"""
            {"name":"x","runLocation":"y","target":{"checkId":"{{{check}}}"},"environmentVariables":
             [{{{string.Join(',', Enumerable.Range(0, count).Select(i => $$"""{"key":"K{{i}}","value":"1"}"""))}}}]}
            """;

        (await ledger.PostAsync(Trigger, Body(51))).ShouldBeBadRequestNaming("environmentVariables");
        (await ledger.PostAsync(Trigger, Body(50))).Status.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Requests_are_refused_in_the_documented_ways()
    {
        var answer = await ledger.TriggerTestAsync(await ledger.RegisterAsync());
        var session = answer["testSessionId"].GetGuid();
        var result = answer["results/0/testSessionResultId"].GetGuid();
        var check = await ledger.TriggerNewCheckAsync("eu-central-1");
        var (commander, reader) = (await ledger.KeyWithAsync("command"), await ledger.KeyWithAsync("read"));
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        foreach (var path in (string[])["", "/completion", $"/results/{result}"])
        {
            (await ledger.GetAsync($"/v1/test-sessions/{session}{path}", key: "")).ShouldBeUnauthorized();
            (await ledger.GetAsync($"/v1/test-sessions/{session}{path}", commander)).ShouldBeForbidden();
            (await ledger.GetAsync($"/v1/test-sessions/{session}{path}", stranger)).ShouldBeNotFound("No such test session.");
            (await ledger.GetAsync($"/v1/test-sessions/{check}{path}"))
                .ShouldBeNotFound("No such test session.");
            (await ledger.GetAsync($"/v1/test-sessions/x{path}")).ShouldBeBadRequestNaming("testSessionId");
        }

        (await ledger.PostAsync(Trigger, key: "")).ShouldBeUnauthorized();
        (await ledger.PostAsync(Trigger, key: reader)).ShouldBeForbidden();
        (await ledger.GetAsync($"/v1/test-sessions/{session}/results/x")).ShouldBeBadRequestNaming("testSessionResultId");
        (await ledger.GetAsync($"/v1/test-sessions/{session}/results/{Guid.NewGuid()}"))
            .ShouldBeNotFound("Not Found");
    }
}
