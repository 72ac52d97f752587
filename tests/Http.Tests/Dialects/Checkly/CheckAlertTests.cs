using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Dialects.Checkly.Published;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>What is told of alerts: nothing for a cancelled run (docs/dialects/checkly.md#alerts, docs/domain.md#rule-7).</summary>
public sealed class CheckAlertTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task An_alert_has_the_documented_members()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.ReportAsync(session, run, ResultType.Final, hasFailures: true, responseTime: 41_230);
        var result = (await ledger.GetAsync($"/v2/check-results/{check}"))["entries/0"];

        var alert = (await ListAsync(check)).ShouldHaveSingleItem();

        alert.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "id", "name", "checkId", "alertType", "checkType", "runLocation", "responseTime", "error", "statusCode", "created_at", "startedAt",
        ]);
        alert.Text("id").ShouldBe(result.At("checkRunId").GetRawText());
        alert.Text("name").ShouldBe($"Check {check:N}");
        alert.Text("alertType").ShouldBe("ALERT_FAILURE");
        alert.Text("checkType").ShouldBe("PLAYWRIGHT");
        alert.Text("runLocation").ShouldBe("eu-central-1");
        alert.At("responseTime").GetInt64().ShouldBe(41_230);
        alert.At("error").ValueKind.ShouldBe(JsonValueKind.Null);
        alert.Text("created_at").ShouldBe(result.Text("created_at"));
        alert.Text("startedAt").ShouldBe(result.Text("startedAt"));
        (await ledger.GetAsync("/v1/check-alerts?limit=100")).Json.EnumerateArray().Select(each => each.GetRawText())
            .ShouldContain(alert.GetRawText());
    }

    [Fact]
    public async Task Failure_cancelled_pass_is_one_failure_and_one_recovery()
    {
        var check = await ledger.RegisterAsync();
        await RunAsync(check, hasFailures: true);
        await ledger.PostAsync($"/v1/check-sessions/{await ledger.TriggerCheckAsync(check)}/cancel");
        var stopped = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(stopped))[0];
        await ledger.Runner.StartAllAsync(stopped);
        await ledger.Runner.AttemptAsync(stopped, run);
        await ledger.PostAsync($"/v1/check-sessions/{stopped}/cancel");
        await ledger.Runner.AbortAsync(stopped, run);
        (await TypesAsync(check)).ShouldBe(["ALERT_FAILURE"]);

        await RunAsync(check, hasFailures: false);

        (await TypesAsync(check)).ShouldBe(["ALERT_RECOVERY", "ALERT_FAILURE"]);
    }

    [Fact]
    public async Task A_check_that_passes_and_a_test_session_that_fails_send_nothing()
    {
        var check = await ledger.RegisterAsync();
        await RunAsync(check, hasFailures: false);
        var test = (await ledger.TriggerTestAsync(check))["testSessionId"].GetGuid();
        await ledger.Runner.StartAllAsync(test);
        await ledger.Runner.FailAsync(test, (await ledger.SequencesOfAsync(test))[0]);

        (await TypesAsync(check)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_failed_try_sends_nothing_before_its_run_is_settled_nor_when_a_retry_passes()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.AttemptAsync(session, run);
        (await TypesAsync(check)).ShouldBeEmpty();

        await ledger.Runner.PassAsync(session, run);

        (await TypesAsync(check)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_run_that_was_lost_is_told_in_words()
    {
        var check = await ledger.RegisterAsync();
        var session = await ledger.TriggerCheckAsync(check);
        var run = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.ClaimAsync(session, run);
        await ledger.Runner.LoseAsync(session, run);

        var alert = (await ListAsync(check)).ShouldHaveSingleItem();

        alert.Text("error").ShouldBe("The runner of the run was lost.");
        alert.TryGetProperty("startedAt", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task Pages_and_ranges_are_taken_together()
    {
        var check = await ledger.RegisterAsync();
        for (var n = 0; n < 3; n++)
        {
            await RunAsync(check, hasFailures: true);
        }

        var now = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        (await TypesAsync(check, "limit=2")).Count.ShouldBe(2);
        (await TypesAsync(check, "limit=2&page=2")).ShouldBe(["ALERT_FAILURE"]);
        (await TypesAsync(check, "page=2147483647&limit=100")).ShouldBeEmpty();
        (await TypesAsync(check, $"from={now - 3600}")).Count.ShouldBe(3);
        (await TypesAsync(check, $"from={now - 3600}&to={now + 3600}")).Count.ShouldBe(3);
        (await TypesAsync(check, $"to={now - 3600}")).ShouldBeEmpty();
        (await TypesAsync(check, $"from={now + 3600}")).ShouldBeEmpty();
        (await TypesAsync(check, "from=0")).ShouldBeEmpty();
        (await TypesAsync(check, $"from={DateTimeOffset.MaxValue.ToUnixTimeSeconds()}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("page=0", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("from=yesterday", "from")]
    [InlineData("to=-1", "to")]
    [InlineData("to=999999999999999", "to")]
    [InlineData("from=1000000&to=1021601", "from")]
    public async Task What_is_out_of_its_bounds_is_refused(string query, string parameter)
    {
        (await ledger.GetAsync($"/v1/check-alerts?{query}")).ShouldBeBadRequestNaming(parameter);
        (await ledger.GetAsync($"/v1/check-alerts/{Guid.NewGuid()}?{query}")).ShouldBeBadRequestNaming(parameter);
    }

    [Fact]
    public async Task Others_see_nothing_of_it()
    {
        var check = await ledger.RegisterAsync();
        await RunAsync(check, hasFailures: true);
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        (await ledger.GetAsync("/v1/check-alerts", stranger)).Body.ShouldBe("[]");
        (await ledger.GetAsync($"/v1/check-alerts/{check}", stranger)).ShouldBeNotFound("Not Found");
    }

    [PublishedFact]
    public async Task Every_documented_status_is_answered_as_described()
    {
        var check = await ledger.RegisterAsync();
        await RunAsync(check, hasFailures: true);
        var commander = await ledger.KeyWithAsync("command");
        foreach (var path in (string[])["/v1/check-alerts", $"/v1/check-alerts/{check}"])
        {
            (await ledger.GetAsync(path)).Status.ShouldBe(HttpStatusCode.OK);
            (await ledger.GetAsync(path, key: "")).ShouldBeUnauthorized();
            (await ledger.GetAsync(path, commander)).ShouldBeForbidden();
            (await ledger.GetAsync($"{path}?limit=x")).ShouldBeBadRequestNaming("limit");
        }

        (await ledger.GetAsync("/v1/check-alerts/x")).ShouldBeBadRequestNaming("checkId");
        (await ledger.GetAsync($"/v1/check-alerts/{Guid.NewGuid()}")).ShouldBeNotFound("Not Found");
    }

    private async Task RunAsync(Guid check, bool hasFailures)
    {
        var session = await ledger.TriggerCheckAsync(check);
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.ReportAsync(session, (await ledger.SequencesOfAsync(session))[0], ResultType.Final, hasFailures);
    }

    private async Task<IReadOnlyList<JsonElement>> ListAsync(Guid check, string query = "")
    {
        var answer = await ledger.GetAsync($"/v1/check-alerts/{check}?{query}");
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return [.. answer.Json.EnumerateArray()];
    }

    private async Task<IReadOnlyList<string>> TypesAsync(Guid check, string query = "") =>
        [.. (await ListAsync(check, query)).Select(alert => alert.Text("alertType"))];
}
