using System.Net;
using System.Text.Json;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly;

/// <summary>
/// What a check session looks like at each point of its life, in both versions (docs/dialects/checkly.md#status,
/// docs/dialects/checkly.md#check-sessions).
/// </summary>
public sealed class CheckSessionReadTests(ChecklyLedger ledger) : IClassFixture<ChecklyLedger>
{
    [Fact]
    public async Task A_session_goes_from_started_over_progress_to_passed()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");
        var sequences = await ledger.SequencesOfAsync(session);
        await StatusShouldBe(session, "STARTED");
        await ledger.Runner.StartAllAsync(session);
        await StatusShouldBe(session, "STARTED");

        var first = await ledger.Runner.PassAsync(session, sequences[0], responseTime: 1234);
        await StatusShouldBe(session, "PROGRESS");
        var open = await ledger.GetAsync($"/v2/check-sessions/{session}");
        open["stoppedAt"].ValueKind.ShouldBe(JsonValueKind.Null);
        var result = open.Json.List("results").ShouldHaveSingleItem();
        result.Id("checkResultId").ShouldBe(first);
        result.Text("checkResultLink").ShouldEndWith($"/check-sessions/{session}/results/{first}");
        result.Text("resultType").ShouldBe("FINAL");
        result.Text("runLocation").ShouldBe("eu-central-1");
        result.At("responseTime").GetInt64().ShouldBe(1234);
        await ledger.Runner.PassAsync(session, sequences[1]);

        var done = await ledger.GetAsync($"/v2/check-sessions/{session}");
        await StatusShouldBe(session, "PASSED");
        done.Json.List("results").Count.ShouldBe(2);
        var elapsed = done["stoppedAt"].GetDateTimeOffset() - done["startedAt"].GetDateTimeOffset();
        done["timeElapsed"].GetInt64().ShouldBe((long)elapsed.TotalMilliseconds);
    }

    [Fact]
    public async Task Failed_tries_are_listed_with_the_ids_of_their_reports_before_the_final_result()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        var attempt = await ledger.Runner.AttemptAsync(session, sequence);
        await StatusShouldBe(session, "PROGRESS");
        var final = await ledger.Runner.FailAsync(session, sequence);

        var results = (await ledger.GetAsync($"/v1/check-sessions/{session}")).Json.List("results");

        results.Select(result => result.Id("checkResultId")).ShouldBe([attempt, final]);
        results.Select(result => result.Text("resultType")).ShouldBe(["ATTEMPT", "FINAL"]);
        results.ShouldAllBe(result => result.At("hasFailures").GetBoolean());
        await StatusShouldBe(session, "FAILED");
    }

    [Fact]
    public async Task A_failed_and_a_degraded_run_show_while_the_rest_is_running()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1", "ap-south-1");
        var sequences = await ledger.SequencesOfAsync(session);
        await ledger.Runner.StartAllAsync(session);

        await ledger.Runner.ReportAsync(session, sequences[0], ResultType.Final, isDegraded: true);
        await StatusShouldBe(session, "PROGRESS_DEGRADED");
        await ledger.Runner.FailAsync(session, sequences[1]);
        await StatusShouldBe(session, "PROGRESS_FAILED");
        await ledger.Runner.PassAsync(session, sequences[2]);

        await StatusShouldBe(session, "FAILED");
    }

    [Fact]
    public async Task A_cancelled_session_is_TIMED_OUT_in_version_1_and_CANCELLED_in_version_2_and_its_result_is_cancelled_in_both()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1", "us-east-1");
        var sequences = await ledger.SequencesOfAsync(session);
        await ledger.Runner.StartAllAsync(session);
        await ledger.Runner.AttemptAsync(session, sequences[0]);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel", $$"""{"sequenceId":["{{sequences[0]}}"]}""");
        await StatusShouldBe(session, "PROGRESS");
        await ledger.Runner.AbortAsync(session, sequences[0]);
        await ledger.Runner.FailAsync(session, sequences[1]);

        var first = await ledger.GetAsync($"/v1/check-sessions/{session}");
        var second = await ledger.GetAsync($"/v2/check-sessions/{session}");

        first["status"].GetString().ShouldBe("TIMED_OUT");
        second["status"].GetString().ShouldBe("CANCELLED");
        first["results"].ToString().ShouldBe(second["results"].ToString());
        var cancelled = second.Json.List("results").Single(result => result.At("isCancelled").GetBoolean());
        cancelled.Text("resultType").ShouldBe("FINAL");
        ShouldBeNothingButCancelled(cancelled, aborted: false);
        var wallClock = cancelled.At("stoppedAt").GetDateTimeOffset() - cancelled.At("startedAt").GetDateTimeOffset();
        cancelled.At("responseTime").GetInt64().ShouldBe((long)wallClock.TotalMilliseconds);
        var other = second.Json.List("results").Single(result => result.Text("runLocation") == "us-east-1");
        other.At("hasFailures").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_cancelled_queued_run_never_started()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        var result = (await ledger.GetAsync($"/v2/check-sessions/{session}"))["results/0"];

        ShouldBeNothingButCancelled(result, aborted: false);
        result.At("startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        result.At("responseTime").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_cancel_that_nobody_confirmed_is_cancelled_and_aborted()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.Runner.StartAllAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.Runner.ExpireAsync(session, (await ledger.SequencesOfAsync(session))[0]);

        ShouldBeNothingButCancelled((await ledger.GetAsync($"/v2/check-sessions/{session}"))["results/0"], aborted: true);
    }

    [Fact]
    public async Task Details_that_come_after_an_abort_change_neither_the_results_id_nor_what_it_says()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.Runner.AbortAsync(session, sequence);
        var before = (await ledger.GetAsync($"/v2/check-sessions/{session}")).Body;

        await ledger.Runner.ReportAsync(
            session,
            sequence,
            ResultType.Final,
            hasFailures: true,
            isCancelled: true,
            responseTime: 5,
            startedAt: DateTimeOffset.UnixEpoch);

        (await ledger.GetAsync($"/v2/check-sessions/{session}")).Body.ShouldBe(before);
    }

    [Fact]
    public async Task A_final_report_that_says_cancelled_settles_the_run_as_nothing_but_cancelled()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");

        var report = await ledger.Runner.ReportAsync(
            session, sequence, ResultType.Final, hasFailures: true, isDegraded: true, isCancelled: true);

        var result = (await ledger.GetAsync($"/v2/check-sessions/{session}"))["results/0"];
        ShouldBeNothingButCancelled(result, aborted: false);
        result.Id("checkResultId").ShouldBe(report);
    }

    [Fact]
    public async Task A_run_that_finishes_before_the_stop_took_effect_keeps_its_real_result()
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        await ledger.Runner.StartAllAsync(session);
        await ledger.PostAsync($"/v1/check-sessions/{session}/cancel");
        await ledger.Runner.PassAsync(session, (await ledger.SequencesOfAsync(session))[0]);

        var answer = await ledger.GetAsync($"/v2/check-sessions/{session}");

        answer["status"].GetString().ShouldBe("PASSED");
        answer["results/0/isCancelled"].GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_timed_out_or_lost_run_is_an_error_and_aborted_and_not_cancelled(bool timesOut)
    {
        var check = await ledger.RegisterAsync(spec: new { timeoutSeconds = 5 });
        var session = await ledger.TriggerCheckAsync(check);
        var sequence = (await ledger.SequencesOfAsync(session))[0];
        await ledger.Runner.StartAllAsync(session);
        await (timesOut ? ledger.Runner.TimeOutAsync(session, sequence) : ledger.Runner.LoseAsync(session, sequence));

        var answer = await ledger.GetAsync($"/v2/check-sessions/{session}");

        answer["status"].GetString().ShouldBe("TIMED_OUT");
        answer["results/0/hasErrors"].GetBoolean().ShouldBeTrue();
        answer["results/0/aborted"].GetBoolean().ShouldBeTrue();
        answer["results/0/hasFailures"].GetBoolean().ShouldBeFalse();
        answer["results/0/isCancelled"].GetBoolean().ShouldBeFalse();
    }

    [Theory]
    [InlineData("/v1/check-sessions/{0}")]
    [InlineData("/v2/check-sessions/{0}")]
    [InlineData("/v1/check-sessions/{0}/completion")]
    [InlineData("/v2/check-sessions/{0}/completion")]
    public async Task Reading_is_refused_in_the_documented_ways(string path)
    {
        var session = await ledger.TriggerNewCheckAsync("eu-central-1");
        var test = (await ledger.TriggerTestAsync(await ledger.RegisterAsync())).Json.Id("testSessionId");
        var commander = await ledger.KeyWithAsync("command");
        var stranger = await ledger.KeyOfAnotherAccountAsync();

        (await ledger.GetAsync(string.Format(path, "x"), key: "")).ShouldBeUnauthorized();
        (await ledger.GetAsync(string.Format(path, "x"), commander)).ShouldBeForbidden();
        (await ledger.GetAsync(string.Format(path, "x"))).ShouldBeBadRequestNaming("checkSessionId");
        (await ledger.GetAsync(string.Format(path, session), stranger))
            .ShouldBeNotFound("No such check session.");
        (await ledger.GetAsync(string.Format(path, test))).ShouldBeNotFound("No such check session.");
    }

    [Fact]
    public async Task Version_1_does_not_know_a_session_of_a_type_that_it_has_no_word_for()
    {
        var session = (await ledger.PostAsync("/ledger/sessions", """
            {"kind":"check","name":"ping","runs":[{"checkType":"HEARTBEAT","name":"ping","location":"eu-central-1"}]}
            """)).Json.Id("sessionId");

        (await ledger.GetAsync($"/v1/check-sessions/{session}")).Status.ShouldBe(HttpStatusCode.NotFound);
        (await ledger.GetAsync($"/v2/check-sessions/{session}"))["checkType"].GetString().ShouldBe("HEARTBEAT");
    }

    private static void ShouldBeNothingButCancelled(JsonElement result, bool aborted)
    {
        result.At("isCancelled").GetBoolean().ShouldBeTrue();
        result.At("hasFailures").GetBoolean().ShouldBeFalse();
        result.At("hasErrors").GetBoolean().ShouldBeFalse();
        result.At("isDegraded").GetBoolean().ShouldBeFalse();
        result.At("aborted").GetBoolean().ShouldBe(aborted);
    }

    private async Task StatusShouldBe(Guid session, string status)
    {
        (await ledger.GetAsync($"/v1/check-sessions/{session}"))["status"].GetString().ShouldBe(status);
        (await ledger.GetAsync($"/v2/check-sessions/{session}"))["status"].GetString().ShouldBe(status);
    }
}
