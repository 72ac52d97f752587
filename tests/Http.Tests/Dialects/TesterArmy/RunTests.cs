using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Dialects.TesterArmy.Published;
using Ledger.Http.Tests.Hosting;
using Ledger.Http.Tests.Runners;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>Triggers, and what a run looks like in each of its states (docs/dialects/testerarmy.md#runs).</summary>
public sealed class RunTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/api/v1")]
    public async Task Any_uuid_is_a_test_that_can_be_run(string mount)
    {
        var test = Guid.NewGuid();

        var queued = await ledger.PostAsync($"{mount}/tests/{test.ToString().ToUpperInvariant()}/runs");
        var shown = await ledger.GetAsync($"{mount}/runs/{queued.Json.Id("runId")}");

        queued.Status.ShouldBe(HttpStatusCode.Accepted);
        queued.Body.ShouldBe($$"""{"status":"queued","runId":"{{queued.Json.Id("runId")}}","testId":"{{test}}"}""");
        shown["status"].GetString().ShouldBe("queued");
        shown["type"].GetString().ShouldBe("test");
        shown["source"].GetString().ShouldBe("api");
        shown["testId"].GetGuid().ShouldBe(test);
        shown["input"].EnumerateObject().ShouldBeEmpty();
        shown["completedAt"].ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_registered_check_of_that_id_is_what_the_runner_gets_with_the_request_beside_it()
    {
        var test = await ledger.RegisterAsync("Sign up");
        var run = await ledger.TriggerAsync(test, """{"mode":"deep","platform":"ios","deviceModel":"ipad","novel":1}""");

        var plan = (await ledger.Runner.ReadAsync(run)).Runs.Single().Plan;

        plan.CheckId.ShouldBe(test);
        plan.Location.ShouldBe("eu-central-1");
        plan.Spec!.Value.GetRawText()
            .ShouldBe("""{"command":["npx","playwright","test"],"request":{"mode":"deep","platform":"ios","deviceModel":"ipad"}}""");
        var shown = await ledger.RunAsync(run);
        shown.Text("executionMode").ShouldBe("deep");
        shown.Text("platform").ShouldBe("ios");
        shown.Text("deviceModel").ShouldBe("ipad");
        shown.Text("input/mode").ShouldBe("deep");
    }

    [Fact]
    public async Task The_default_device_is_shown_as_none() =>
        (await ledger.RunAsync(await ledger.TriggerAsync(body: """{"platform":"ios","deviceModel":"iphone"}"""))).At("deviceModel").ValueKind
            .ShouldBe(JsonValueKind.Null);

    [Fact]
    public async Task The_person_who_triggered_a_run_is_named()
    {
        var queued = await ledger.PostAsync($"/v1/tests/{Guid.NewGuid()}/runs", key: await ledger.KeyAsync("Ines", Scope.Command));

        (await ledger.RunAsync(queued.Json.Id("runId"))).Text("userName").ShouldBe("Ines");
        (await ledger.RunAsync(await ledger.TriggerAsync())).At("userName").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_prompt_is_run_by_the_check_of_its_project()
    {
        var project = Guid.NewGuid();
        var check = Guid.NewGuid();
        await ledger.Running.Client.CallAsync(HttpMethod.Put, $"/ledger/checks/{check}", new
        {
            name = "Agent",
            checkType = "AGENTIC",
            tags = new[] { $"project:{project}" },
            locations = new[] { "agents" },
            spec = new { command = new[] { "agent" } },
        });

        var queued = await ledger.PostAsync(
            "/v1/runs", $$"""{"prompt":"Sign up","projectId":"{{project}}","webhookUrl":"https://hooks.example/1","viewport":{"width":800} }""");

        queued.Status.ShouldBe(HttpStatusCode.Accepted);
        queued.Json.EnumerateObject().Select(member => member.Name).ShouldBe(["id", "status", "createdAt"]);
        var shown = await ledger.RunAsync(queued.Json.Id("id"));
        shown.Id("projectId").ShouldBe(project);
        shown.Text("webhookUrl").ShouldBe("https://hooks.example/1");
        shown.At("webhookStatus").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.At("input/viewport/width").GetInt32().ShouldBe(800);
        shown.Text("createdAt").ShouldBe(queued["createdAt"].GetString());
        var claimed = await new TestRunner(ledger.Running.Client, "agent-1").ClaimAsync("agents");
        claimed.ShouldHaveSingleItem().Text("spec/request/prompt").ShouldBe("Sign up");
    }

    [Fact]
    public async Task A_long_prompt_gives_its_beginning_as_the_name_and_never_half_a_character()
    {
        var prompt = string.Concat(Enumerable.Repeat("🙂", 5_000));

        var queued = await ledger.PostAsync("/v1/runs", JsonSerializer.Serialize(new { prompt = "x" + prompt }));

        queued.Status.ShouldBe(HttpStatusCode.Accepted, queued.Body);
        (await ledger.Runner.ReadAsync(queued.Json.Id("id"))).Name.ShouldBe("x" + prompt[..118]);
    }

    [Fact]
    public async Task A_run_without_failures_is_completed_with_the_verdict_PASS()
    {
        var run = await ledger.TriggerAsync();
        await ledger.FinishAsync(run, details: new
        {
            testCases = new object[]
            {
                new { title = "logs in", status = "passed", durationMs = 12 },
                new { title = "pays", status = "flaky", errors = new[] { "no button" } },
                new { title = "never begun", status = "skipped" },
            },
        });

        var shown = await ledger.RunAsync(run);

        shown.Text("status").ShouldBe("completed");
        shown.Text("output/result").ShouldBe("PASS");
        shown.Text("output/description").ShouldBe("2 of 2 tests passed.");
        shown.List("output/steps").Select(step => (step.Text("title"), step.Text("status"))).ShouldBe([("logs in", "passed"), ("pays", "passed")]);
        shown.At("durationMs").GetInt64().ShouldBe(1_234);
        shown.At("error").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.At("startedAt").GetDateTimeOffset().ShouldBeLessThanOrEqualTo(shown.At("completedAt").GetDateTimeOffset());
        ShouldBeTestOutput(shown);
    }

    [Fact]
    public async Task A_run_with_failures_is_completed_with_the_verdict_FAILED()
    {
        var run = await ledger.TriggerAsync();
        await ledger.FinishAsync(run, hasFailures: true);

        var shown = await ledger.RunAsync(run);

        shown.Text("status").ShouldBe("completed");
        shown.Text("output/result").ShouldBe("FAILED");
        shown.At("error").ValueKind.ShouldBe(JsonValueKind.Null);
        ShouldBeTestOutput(shown);
    }

    [Fact]
    public async Task Errors_timeouts_and_lost_runners_are_failed_and_have_no_verdict()
    {
        var (broken, slow, lost) = (await ledger.TriggerAsync(), await ledger.TriggerAsync(), await ledger.TriggerAsync());
        var limited = await ledger.TriggerAsync(await ledger.RegisterAsync(spec: new { timeoutSeconds = 3_600 }));
        await ledger.FinishAsync(broken, hasErrors: true, details: new { message = "npx was not found" });
        await ledger.FinishAsync(slow, hasFailures: true, hasErrors: true, details: new { timedOut = true });
        await ledger.Runner.TimeOutAsync(limited, await ledger.StartAsync(limited));
        await ledger.Runner.LoseAsync(lost, await ledger.StartAsync(lost));

        var errors = new Dictionary<Guid, string>();
        foreach (var run in (Guid[])[broken, slow, limited, lost])
        {
            var shown = await ledger.RunAsync(run);
            shown.Text("status").ShouldBe("failed");
            shown.At("output").ValueKind.ShouldBe(JsonValueKind.Null);
            errors[run] = shown.Text("error/code");
        }

        errors.ShouldBe(
            new Dictionary<Guid, string>
            {
                [broken] = "EXECUTION_ERROR",
                [slow] = "TIMEOUT",
                [limited] = "TIMEOUT",
                [lost] = "RUNNER_LOST",
            },
            ignoreOrder: true);
        (await ledger.RunAsync(broken)).Text("error/message").ShouldBe("npx was not found");
    }

    [Fact]
    public async Task Failed_tries_are_counted()
    {
        var run = await ledger.TriggerAsync();
        var sequence = await ledger.StartAsync(run);
        await ledger.Runner.AttemptAsync(run, sequence);
        await ledger.Runner.AttemptAsync(run, sequence);

        (await ledger.RunAsync(run)).At("autoRetryCount").GetInt32().ShouldBe(2);
        (await ledger.RunAsync(run)).Text("status").ShouldBe("running");
    }

    [Fact]
    public async Task Metadata_of_a_strange_form_is_shown_as_none()
    {
        var run = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "odd",
            project = "shop",
            metadata = new { input = "text", source = 5, batchId = new { } },
            runs = new[] { new { checkType = "API", name = "odd", location = "eu" } },
        });

        var shown = await ledger.RunAsync(run.SessionId);

        shown.At("input").EnumerateObject().ShouldBeEmpty();
        shown.Text("source").ShouldBe("api");
        shown.At("projectId").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task No_request_puts_its_run_into_a_batch()
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(1);
        await ledger.TriggerAsync(body: $$"""{"batchId":"{{batch}}"}""");
        await ledger.PostAsync("/v1/runs", $$"""{"prompt":"x","batchId":"{{batch}}"}""");

        (await ledger.PostAsync($"/v1/batches/{batch}/cancel")).Json.Ids("cancelledRunIds").ShouldBe(runs);
    }

    [Theory]
    [InlineData("/v1/tests/x/runs", null)]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", """{"mode":"slow"}""")]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", """{"appId":"x"}""")]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", """{"platform":1}""")]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", "[]")]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", "{")]
    [InlineData("/v1/tests/6b7c8d9e-0000-4000-8000-000000000001/runs", "null")]
    [InlineData("/v1/runs", null)]
    [InlineData("/v1/runs", "{}")]
    [InlineData("/v1/runs", """{"prompt":" "}""")]
    [InlineData("/v1/runs", """{"prompt":5}""")]
    [InlineData("/v1/runs", """{"prompt":"\ud800"}""")]
    [InlineData("/v1/runs", """{"prompt":"x","projectId":"shop"}""")]
    [InlineData("/v1/runs", """{"prompt":"x","webhookUrl":"no address"}""")]
    public async Task A_request_that_makes_no_sense_is_400(string path, string? body) =>
        (await ledger.PostAsync(path, body)).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");

    [Fact]
    public async Task A_path_or_method_that_is_not_served_is_404_in_the_own_envelope()
    {
        (await ledger.GetAsync("/v1/tests")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        (await ledger.GetAsync($"/api/v1/batches/{Guid.NewGuid()}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        (await ledger.SendAsync(HttpMethod.Delete, $"/api/v1/groups/{Guid.NewGuid()}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
    }

    private static void ShouldBeTestOutput(JsonElement run) =>
        (TesterArmyDescription.Instance?.FaultsOf(run.At("output"), "TestOutput") ?? []).ShouldBeEmpty();
}
