using System.Globalization;
using System.Net;
using System.Text.Json;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>How checks stand, whatever was cancelled (docs/dialects/checkly.md#check-statuses, docs/domain.md#rule-7).</summary>
public sealed class CheckStatusTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_status_tells_of_the_last_run_in_the_documented_types()
    {
        var (check, session, runs) = await ledger.StartNewCheckAsync("eu-central-1", "us-east-1");
        await ledger.Runner.PassAsync(session, runs[0], responseTime: 22_100);
        await ledger.Runner.PassAsync(session, runs[1], responseTime: 41_230);
        var last = (await ledger.GetAsync($"/v2/check-results/{check}"))["entries/0"];

        var status = await ledger.GetAsync($"/v1/check-statuses/{check}");

        status.Json.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "name", "checkId", "hasFailures", "hasErrors", "isDegraded", "longestRun", "shortestRun", "lastRunLocation", "lastCheckRunId",
            "sslDaysRemaining", "created_at", "updated_at",
        ]);
        status["name"].GetString().ShouldBe($"Check {check:N}");
        status["checkId"].GetGuid().ShouldBe(check);
        status["longestRun"].GetInt64().ShouldBe(41_230);
        status["shortestRun"].GetInt64().ShouldBe(22_100);
        status["lastRunLocation"].GetString().ShouldBe("us-east-1");
        status["lastCheckRunId"].GetString().ShouldBe(last.At("checkRunId").GetInt64().ToString(CultureInfo.InvariantCulture));
        status["created_at"].GetString().ShouldBe(last.Text("created_at")[..10]);
        status["updated_at"].GetString().ShouldBe(last.Text("created_at"));
        status["sslDaysRemaining"].ValueKind.ShouldBe(JsonValueKind.Null);
        (await ListAsync())[check].GetRawText().ShouldBe(status.Body);
    }

    [Fact]
    public async Task A_length_that_no_runner_told_is_that_which_the_result_shows()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAsync(session, run);
        await ledger.Runner.LoseAsync(session, run);
        var result = (await ledger.GetAsync($"/v2/check-results/{check}"))["entries/0"];

        var status = await ledger.GetAsync($"/v1/check-statuses/{check}");

        status["longestRun"].GetInt64().ShouldBe(result.At("responseTime").GetInt64());
        status["hasErrors"].GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_run_and_a_test_session_change_nothing()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.FailAsync(session, (await ledger.SequencesOfAsync(session))[0]);
        var before = await ledger.GetAsync($"/v1/check-statuses/{check}");

        var cancelled = await ledger.TriggerCheckAsync(check);
        await ledger.PostAsync($"/v1/check-sessions/{cancelled}/cancel");
        var test = (await ledger.TriggerTestAsync(check))["testSessionId"].GetGuid();
        await ledger.Runner.StartAllAsync(test);
        await ledger.Runner.PassAsync(test, (await ledger.SequencesOfAsync(test))[0]);

        before["hasFailures"].GetBoolean().ShouldBeTrue();
        (await ledger.GetAsync($"/v1/check-statuses/{check}")).Body.ShouldBe(before.Body);
    }

    [Fact]
    public async Task A_check_whose_runs_were_all_cancelled_has_no_status()
    {
        var check = await ledger.RegisterAsync();
        await ledger.PostAsync($"/v1/check-sessions/{await ledger.TriggerCheckAsync(check)}/cancel");

        (await ledger.GetAsync($"/v1/check-statuses/{check}")).ShouldBeNotFound("Not Found");
        (await ListAsync()).Keys.ShouldNotContain(check);
    }

    [Fact]
    public async Task A_check_that_is_registered_nowhere_is_called_as_its_session_calls_it_and_others_do_not_see_it()
    {
        var check = Guid.NewGuid();
        var made = await ledger.PostAsync("/ledger/sessions", $$"""
            {"kind":"check","name":"Nightly","runs":[{"checkId":"{{check}}","checkType":"API","name":"Home API","location":"eu-central-1"}]}
            """);
        var session = made["sessionId"].GetGuid();
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.PassAsync(session, (await ledger.SequencesOfAsync(session))[0]);

        (await ledger.GetAsync($"/v1/check-statuses/{check}"))["name"].GetString().ShouldBe("Home API");
        var stranger = await ledger.KeyOfAnotherAccountAsync();
        (await ledger.GetAsync($"/v1/check-statuses/{check}", stranger)).ShouldBeNotFound("Not Found");
        (await ledger.GetAsync("/v1/check-statuses", stranger)).Body.ShouldBe("[]");
    }

    private async Task<IReadOnlyDictionary<Guid, JsonElement>> ListAsync()
    {
        var answer = await ledger.GetAsync("/v1/check-statuses");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json.EnumerateArray().ToDictionary(status => status.Id("checkId"));
    }
}
