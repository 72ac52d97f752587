using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Empirical;

/// <summary>The reads of one test run (docs/dialects/empirical.md#reads).</summary>
public sealed class ReadTests(EmpiricalLedger ledger) : IClassFixture<EmpiricalLedger>
{
    private static readonly JsonElement SixCases = JsonSerializer.Deserialize<JsonElement>(
        """
        {"testCases": [
          {"id": "t-1", "title": "logs in", "location": "login.spec.ts:3", "status": "passed", "durationMs": 900},
          {"id": "t-2", "title": "pays", "status": "failed", "durationMs": 1200, "errors": ["no such button"]},
          {"id": "t-3", "title": "searches", "status": "timedOut"},
          {"id": "t-4", "title": "browses", "status": "flaky"},
          {"id": "t-5", "title": "returns", "status": "skipped"},
          {"id": "t-6", "title": "reviews", "status": "interrupted"}]}
        """);

    private readonly EmpiricalClient client = ledger.NewProject();

    [Fact]
    public async Task A_run_is_shown_with_every_published_member()
    {
        var run = await client.TriggerAsync(
            """{"environment": "staging", "build": {"url": "https://shop.test", "branch": "main", "commit": "abcdef1"}}""");

        var answer = await client.GetAsync($"/api/test-runs/{run}");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        var shown = answer.Body.GetProperty("data").GetProperty("test_run").GetProperty("testRun");
        shown.EnumerateObject().Select(member => member.Name).ShouldBe(
            [
                "id", "run_id", "state", "total_count", "success_count", "failed_count", "skipped_count", "flaky_count", "duration",
                "test_run_branch", "environment_id", "environment_slug", "environment_name", "build_url", "build_branch", "commit",
                "created_at", "test_case_ids", "cancelled_at", "cancelled_by", "cancel_reason",
            ],
            ignoreOrder: true);
        shown.GetProperty("id").GetInt64().ShouldBe(run);
        shown.GetProperty("run_id").GetInt64().ShouldBe(run);
        shown.GetProperty("state").GetString().ShouldBe("queued");
        shown.GetProperty("duration").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("environment_slug").GetString().ShouldBe("staging");
        shown.GetProperty("test_run_branch").GetString().ShouldBe("main");
        shown.GetProperty("build_url").GetString().ShouldBe("https://shop.test");
        shown.GetProperty("build_branch").GetString().ShouldBe("main");
        shown.GetProperty("commit").GetString().ShouldBe("abcdef1");
        answer.Body.GetProperty("data").GetProperty("test_run").GetProperty("flattenedSummaryDetails").GetArrayLength().ShouldBe(0);
    }

    [Theory]
    [InlineData(RunState.Queued, "queued")]
    [InlineData(RunState.Claimed, "started")]
    [InlineData(RunState.Running, "started")]
    [InlineData(RunState.Cancelling, "cancelling")]
    [InlineData(RunState.Passed, "ended")]
    [InlineData(RunState.Failed, "ended")]
    [InlineData(RunState.Degraded, "ended")]
    [InlineData(RunState.TimedOut, "error")]
    [InlineData(RunState.Lost, "error")]
    [InlineData(RunState.Cancelled, "cancelled")]
    public async Task Each_state_has_its_word_in_all_three_places(RunState state, string word)
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, state);

        (await client.StateAsync(run)).ShouldBe(word);
        (await client.ReadAsync(run)).GetProperty("state").GetString().ShouldBe(word);
        (await client.GetAsync($"/api/test-runs?id={run}")).Body.GetProperty("data").GetProperty("test_runs").GetProperty("items")
            .EnumerateArray().ShouldHaveSingleItem().GetProperty("state").GetString().ShouldBe(word);
    }

    [Fact]
    public async Task The_runners_test_cases_are_counted_and_shown()
    {
        var run = await client.TriggerAsync();
        await ledger.BringToAsync(run, RunState.Failed, SixCases);

        var shown = await client.ReadAsync(run);
        var counts = new[] { "total_count", "success_count", "failed_count", "skipped_count", "flaky_count" }
            .Select(name => shown.GetProperty(name).GetInt32());
        counts.ShouldBe([6, 1, 2, 1, 1]);
        shown.GetProperty("duration").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        var details = (await client.GetAsync($"/api/test-runs/{run}")).Body.GetProperty("data").GetProperty("test_run")
            .GetProperty("flattenedSummaryDetails");
        details[1].ShouldBeJson("""{"status":"failed","pw_test_id":"t-2","snooze_info":null}""");

        var cases = (await client.GetAsync($"/api/v2/test-runs/{run}/cases")).Body.GetProperty("data");
        cases.EnumerateArray().Select(test => test.GetProperty("status").GetString())
            .ShouldBe(["passed", "failed", "timedOut", "flaky", "skipped", "interrupted"]);
        cases[0].ShouldBeJson(
            """{"pw_test_id":"t-1","status":"passed","title":"logs in","location":"login.spec.ts:3","duration":900,"errors":[]}""");
        var status = (await client.GetAsync($"/api/test-runs/{run}/status")).Body.GetProperty("data");
        status.GetProperty("run_id").GetInt64().ShouldBe(run);
        status.GetProperty("test_case_ids").EnumerateArray().Select(id => id.GetString())
            .ShouldBe(["t-1", "t-2", "t-3", "t-4", "t-5", "t-6"]);
    }

    [Fact]
    public async Task The_test_cases_that_were_asked_for_are_named_from_the_start()
    {
        var run = await client.TriggerAsync("""{"environment": "staging", "test_case_ids": ["t-1", 7]}""");

        var status = await client.GetAsync($"/api/test-runs/{run}/status");

        status.Body.GetProperty("data").ShouldBeJson(
            $$"""{"run_id": {{run}}, "state": "queued", "test_case_ids": ["t-1", 7], "total_count": 0}""");
    }

    [Theory]
    [InlineData("/api/test-runs/{0}")]
    [InlineData("/api/test-runs/{0}/status")]
    [InlineData("/api/v2/test-runs/{0}/cases")]
    public async Task Each_read_knows_the_documented_errors(string path)
    {
        (await client.GetAsync(string.Format(null, path, "abc"))).ShouldBeError(HttpStatusCode.BadRequest);
        (await client.GetAsync(string.Format(null, path, "999999999"))).ShouldBeError(HttpStatusCode.NotFound)
            .ShouldBe("Test run 999999999 was not found.");
        (await ledger.ClientOf(null, "nobody's key").GetAsync(string.Format(null, path, "abc"))).ShouldBeError(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_run_of_another_dialect_or_of_none_is_shown_as_far_as_it_has_a_word_for_things()
    {
        var triggered = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "Anything",
            project = $"{client.Project}",
            metadata = new { environment = 5, build = "x", test_case_ids = "y", branchName = "main" },
            runs = new[] { new { checkType = "API", name = "Anything", location = "default" } },
        });

        var shown = await client.ReadAsync(triggered.Number);

        shown.GetProperty("test_run_branch").GetString().ShouldBe("main");
        shown.GetProperty("environment_slug").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("build_url").ValueKind.ShouldBe(JsonValueKind.Null);
        shown.GetProperty("test_case_ids").GetArrayLength().ShouldBe(0);
    }
}
