using System.Net;
using System.Text;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>The founding contract: only queued runs are cancelled (docs/dialects/testerarmy.md#cancel).</summary>
public sealed class CancelTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/api/v1")]
    public async Task A_queued_run_is_cancelled_and_reads_so_at_once(string mount)
    {
        var run = await ledger.TriggerAsync();

        var answer = await ledger.PostAsync($"{mount}/runs/{run}/cancel");

        answer.Status.ShouldBe(HttpStatusCode.OK);
        answer.Body.ShouldBe($$"""{"id":"{{run}}","status":"cancelled"}""");
        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
        var shown = await ledger.RunAsync(run);
        shown.Text("status").ShouldBe("cancelled");
        shown.Text("completedAt").ShouldNotBeNullOrEmpty();
        foreach (var absent in (string[])["output", "error", "startedAt", "durationMs"])
        {
            shown.At(absent).ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null, absent);
        }
    }

    [Fact]
    public async Task The_history_says_who_asked_and_through_what()
    {
        var run = await ledger.TriggerAsync();

        await ledger.PostAsync($"/v1/runs/{run}/cancel", key: await ledger.KeyAsync("Ines", Scope.Command));

        var cancel = (await ledger.Running.Client.ReadAsync($"/ledger/sessions/{run}/events")).Body.At("1/data");
        cancel.Text("via").ShouldBe("testerarmy");
        cancel.Text("cause").ShouldBe("user");
        cancel.Text("actor/name").ShouldBe("Ines");
    }

    [Fact]
    public async Task A_cancelled_run_is_409_and_appends_nothing()
    {
        var run = await ledger.TriggerAsync();
        await ledger.PostAsync($"/v1/runs/{run}/cancel");

        for (var again = 0; again < 3; again++)
        {
            (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        }

        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
    }

    [Fact]
    public async Task A_claimed_run_reads_running_and_is_409()
    {
        var run = await ledger.TriggerAsync();
        await ledger.Runner.ClaimAsync(run, await ledger.SequenceOfAsync(run));

        (await ledger.RunAsync(run)).Text("status").ShouldBe("running");
        var answer = await ledger.PostAsync($"/v1/runs/{run}/cancel");

        answer.ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        answer["message"].GetString().ShouldBe("Run is not in queued state.");
        (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "run_claimed", "cancel_refused"]);
        (await ledger.RunAsync(run)).Text("status").ShouldBe("running");
    }

    [Fact]
    public async Task Running_completed_and_failed_runs_are_409_and_keep_what_they_are()
    {
        var (running, completed, failed) = (await ledger.TriggerAsync(), await ledger.TriggerAsync(), await ledger.TriggerAsync());
        await ledger.StartAsync(running);
        await ledger.FinishAsync(completed);
        await ledger.FinishAsync(failed, hasErrors: true);

        foreach (var run in (Guid[])[running, completed, failed])
        {
            (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        }

        (await ledger.RunAsync(running)).Text("status").ShouldBe("running");
        (await ledger.RunAsync(completed)).Text("status").ShouldBe("completed");
        (await ledger.RunAsync(failed)).Text("status").ShouldBe("failed");
    }

    [Fact]
    public async Task A_run_that_another_interface_is_stopping_reads_running_and_is_409()
    {
        var run = await ledger.TriggerAsync();
        var sequence = await ledger.StartAsync(run);
        (await ledger.Running.Client.PostBodyAsync($"/ledger/sessions/{run}/cancel", null)).Status.ShouldBe(HttpStatusCode.Accepted);

        (await ledger.RunAsync(run)).Text("status").ShouldBe("running");
        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        await ledger.Runner.AbortAsync(run, sequence);

        (await ledger.RunAsync(run)).Text("status").ShouldBe("cancelled");
        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
    }

    [Fact]
    public async Task A_scheduled_run_is_409()
    {
        var run = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "nightly",
            source = "SCHEDULER",
            runs = new[] { new { checkType = "PLAYWRIGHT", name = "nightly", location = "eu" } },
        });

        (await ledger.PostAsync($"/v1/runs/{run.SessionId}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        (await ledger.RunAsync(run.SessionId)).Text("source").ShouldBe("scheduled");
    }

    [Fact]
    public async Task A_run_that_was_created_natively_is_listed_and_cancelled_here()
    {
        var run = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "plain",
            runs = new[] { new { checkType = "API", name = "plain", location = "eu" } },
        });

        var listed = (await ledger.GetAsync("/v1/runs?limit=100&status=queued")).Json.List("runs").Select(item => item.Id("id"));
        var answer = await ledger.PostAsync($"/api/v1/runs/{run.SessionId}/cancel");

        listed.ShouldContain(run.SessionId);
        answer.Status.ShouldBe(HttpStatusCode.OK);
        (await ledger.Running.Client.SessionAsync(run.SessionId)).Text("status").ShouldBe("CANCELLED");
        (await ledger.Running.Client.SessionAsync(run.SessionId)).Text("runs/0/cancel/via").ShouldBe("testerarmy");
    }

    [Fact]
    public async Task Unknown_runs_sessions_of_another_kind_and_other_accounts_are_404()
    {
        var check = (await ledger.Running.Client.TriggerAsync("eu")).SessionId;
        await using var stranger = await RunningLedger.StartAsync(ledger.ConnectionString);
        var foreign = (await stranger.Client.PostBodyAsync($"/v1/tests/{Guid.NewGuid()}/runs", null)).Body.Id("runId");

        foreach (var id in (Guid[])[check, foreign, Guid.NewGuid()])
        {
            (await ledger.PostAsync($"/v1/runs/{id}/cancel")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
            (await ledger.GetAsync($"/v1/runs/{id}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        }

        (await ledger.EventsOfAsync(check)).ShouldBe(["session_triggered"]);
    }

    [Theory]
    [InlineData("{", "application/json")]
    [InlineData("a=b", "application/x-www-form-urlencoded")]
    [InlineData("<x/>", "text/xml")]
    public async Task Whatever_is_sent_along_is_ignored(string body, string contentType)
    {
        var run = await ledger.TriggerAsync();

        var answer = await ledger.SendAsync(
            HttpMethod.Post, $"/v1/runs/{run}/cancel", new StringContent(body, Encoding.UTF8, contentType));

        answer.Status.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task The_key_is_checked_before_the_id_and_there_is_no_403()
    {
        var reader = await ledger.KeyAsync(null, Scope.Read, Scope.Runner, Scope.Admin);

        (await ledger.PostAsync("/v1/runs/x/cancel", key: "")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
        (await ledger.PostAsync("/v1/runs/x/cancel", key: "sk_wrong")).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
        (await ledger.PostAsync("/v1/runs/x/cancel", key: reader)).ShouldBeError(HttpStatusCode.Unauthorized, "Unauthorized");
        (await ledger.PostAsync("/v1/runs/x/cancel")).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");
    }

    [Fact]
    public async Task Of_a_hundred_cancels_at_once_one_cancels_and_all_others_are_409()
    {
        var run = await ledger.TriggerAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => ledger.PostAsync($"/v1/runs/{run}/cancel")));

        answers.Count(answer => answer.Status is HttpStatusCode.OK).ShouldBe(1);
        answers.Count(answer => answer.Status is HttpStatusCode.Conflict).ShouldBe(99);
        (await ledger.EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task A_claim_at_the_same_instant_either_loses_or_keeps_its_run()
    {
        for (var round = 0; round < 20; round++)
        {
            var run = await ledger.TriggerAsync();
            var sequence = await ledger.SequenceOfAsync(run);

            var cancel = ledger.PostAsync($"/v1/runs/{run}/cancel");
            var claim = Record.ExceptionAsync(() => ledger.Runner.ClaimAsync(run, sequence));
            var (answer, refused) = (await cancel, await claim);

            var state = (await ledger.Runner.ReadAsync(run)).Runs[0].State;
            (answer.Status, refused is null, state).ShouldBeOneOf(
                (HttpStatusCode.OK, false, RunState.Cancelled), (HttpStatusCode.Conflict, true, RunState.Claimed));
        }
    }
}
