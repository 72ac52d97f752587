using System.Net;
using Ledger.Http.Tests.Dialects.Checkly;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// Runs of groups, and what becomes of a batch (docs/dialects/testerarmy.md#groups, docs/dialects/testerarmy.md#batches).
/// </summary>
public sealed class BatchTests(TesterArmyLedger ledger) : IClassFixture<TesterArmyLedger>
{
    [Theory]
    [InlineData("/v1")]
    [InlineData("/api/v1")]
    public async Task A_group_runs_all_its_tests_as_a_batch(string mount)
    {
        var tests = new[] { await ledger.RegisterAsync("Sign up"), Guid.NewGuid() };
        var group = await ledger.GroupAsync(tests);

        var queued = await ledger.PostAsync(
            $"{mount}/groups/{group}/runs",
            """{"platform":"web","targetUrl":"https://shop.example","environment":"staging","commitSha":"abc123","prNumber":7,"novel":true}""");

        queued.Status.ShouldBe(HttpStatusCode.Accepted, queued.Body);
        queued["status"].GetString().ShouldBe("queued");
        queued["groupId"].GetGuid().ShouldBe(group);
        queued["count"].GetInt32().ShouldBe(2);
        queued.Json.Ids("queuedRunIds").ShouldBe(queued.Json.Ids("runIds"));
        queued.Json.Ids("cancelledRunIds").ShouldBeEmpty();
        foreach (var (test, id) in tests.Zip(queued.Json.Ids("runIds")))
        {
            var run = await ledger.RunAsync(id);
            run.Id("testId").ShouldBe(test);
            run.Text("platform").ShouldBe("web");
            run.Text("externalRef/commitSha").ShouldBe("abc123");
            run.At("externalRef/prNumber").GetInt32().ShouldBe(7);
            run.At("input").EnumerateObject().Select(member => member.Name)
                .ShouldBe(["platform", "targetUrl", "environment", "commitSha", "prNumber"], ignoreOrder: true);
            (await ledger.Runner.ReadAsync(id)).Runs[0].Plan.Spec!.Value.Text("request/targetUrl").ShouldBe("https://shop.example");
        }
    }

    [Fact]
    public async Task A_deactivated_check_is_not_runnable_and_left_out()
    {
        var (active, inactive) = (await ledger.RegisterAsync(), await ledger.RegisterAsync(activated: false));

        var some = await ledger.PostAsync($"/v1/groups/{await ledger.GroupAsync(inactive, active)}/runs");
        var none = await ledger.PostAsync($"/v1/groups/{await ledger.GroupAsync(inactive)}/runs");

        (await ledger.RunAsync(some.Json.Ids("runIds").ShouldHaveSingleItem())).Id("testId").ShouldBe(active);
        none.Status.ShouldBe(HttpStatusCode.Accepted);
        none["status"].GetString().ShouldBe("cancelled");
        none["count"].GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task An_unknown_group_is_404_and_another_accounts_too()
    {
        var group = await ledger.GroupAsync(Guid.NewGuid());
        await using var stranger = await RunningLedger.StartAsync(ledger.ConnectionString);

        (await ledger.PostAsync($"/v1/groups/{Guid.NewGuid()}/runs")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
        (await stranger.Client.PostBodyAsync($"/v1/groups/{group}/runs", null)).Status.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"targetUrl":"shop"}""")]
    [InlineData("""{"environment":"dev"}""")]
    [InlineData("""{"commitSha":""}""")]
    [InlineData("""{"prNumber":0}""")]
    [InlineData("""{"prNumber":1.5}""")]
    [InlineData("""{"mobile":{"novel":1}}""")]
    [InlineData("""{"mobile":{"bundleId":""}}""")]
    [InlineData("5")]
    public async Task A_request_that_makes_no_sense_is_400_and_triggers_nothing(string body)
    {
        var test = Guid.NewGuid();
        var group = await ledger.GroupAsync(test);

        (await ledger.PostAsync($"/v1/groups/{group}/runs", body)).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");

        (await ledger.GetAsync($"/v1/runs?testId={test}")).Json.List("runs").ShouldBeEmpty();
    }

    [Fact]
    public async Task Queued_runs_are_cancelled_and_finished_ones_left_alone()
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(3);
        await ledger.FinishAsync(runs[1], hasFailures: true);

        var first = await ledger.PostAsync($"/v1/batches/{batch}/cancel");
        var second = await ledger.PostAsync($"/api/v1/batches/{batch}/cancel", "{");

        first.Status.ShouldBe(HttpStatusCode.OK);
        first["batchId"].GetGuid().ShouldBe(batch);
        first["cancelled"].GetInt32().ShouldBe(2);
        first["alreadyFinished"].GetInt32().ShouldBe(1);
        first.Json.Ids("cancelledRunIds").ShouldBe([runs[0], runs[2]]);
        first.Json.Ids("alreadyFinishedRunIds").ShouldBe([runs[1]]);
        second.Status.ShouldBe(HttpStatusCode.OK);
        second["cancelled"].GetInt32().ShouldBe(0);
        second.Json.Ids("alreadyFinishedRunIds").ShouldBe(runs);
        (await ledger.RunAsync(runs[1])).Text("status").ShouldBe("completed");
        foreach (var run in (Guid[])[runs[0], runs[2]])
        {
            (await ledger.EventsOfAsync(run)).ShouldBe(["session_triggered", "cancel_requested", "run_aborted"]);
        }
    }

    [Fact]
    public async Task Running_runs_go_on_and_make_it_a_409_that_says_so_while_queued_ones_are_cancelled_all_the_same()
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(4);
        await ledger.FinishAsync(runs[0]);
        await ledger.StartAsync(runs[1]);
        await ledger.Runner.ClaimAsync(runs[2], await ledger.SequenceOfAsync(runs[2]));

        var answer = await ledger.PostAsync($"/v1/batches/{batch}/cancel");

        answer.Status.ShouldBe(HttpStatusCode.Conflict);
        answer["error"].GetString().ShouldBe("Conflict");
        answer["message"].GetString().ShouldBe("2 runs could not be cancelled.");
        answer.Json.Ids("cancelledRunIds").ShouldBe([runs[3]]);
        answer.Json.Ids("alreadyFinishedRunIds").ShouldBe([runs[0]]);
        answer.Json.Ids("failedRunIds").ShouldBe([runs[1], runs[2]]);
        (await ledger.RunAsync(runs[1])).Text("status").ShouldBe("running");
        (await ledger.RunAsync(runs[3])).Text("status").ShouldBe("cancelled");
    }

    [Fact]
    public async Task Sessions_that_were_triggered_natively_with_a_batch_id_are_a_batch_too()
    {
        var batch = Guid.NewGuid();
        var run = await ledger.Running.Client.TriggerAsync(new
        {
            kind = "run",
            name = "plain",
            metadata = new { batchId = batch },
            runs = new[] { new { checkType = "API", name = "plain", location = "eu" } },
        });

        (await ledger.PostAsync($"/v1/batches/{batch}/rerun")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        (await ledger.PostAsync($"/v1/batches/{batch}/cancel")).Json.Ids("cancelledRunIds").ShouldBe([run.SessionId]);
    }

    [Fact]
    public async Task A_batch_is_run_again_with_the_same_request_and_without_what_is_not_runnable_any_more()
    {
        var (first, second) = (await ledger.RegisterAsync(), await ledger.RegisterAsync());
        var group = await ledger.GroupAsync(first, second);
        var source = await ledger.PostAsync($"/v1/groups/{group}/runs", """{"targetUrl":"https://shop.example"}""");
        await DeactivateAsync(first);

        var again = await ledger.PostAsync($"/v1/batches/{source.Json.Id("batchId")}/rerun");

        again.Status.ShouldBe(HttpStatusCode.Accepted, again.Body);
        again["sourceBatchId"].GetGuid().ShouldBe(source.Json.Id("batchId"));
        again["batchId"].GetGuid().ShouldNotBe(source.Json.Id("batchId"));
        again["groupId"].GetGuid().ShouldBe(group);
        again.Json.Ids("skippedTestIds").ShouldBe([first]);
        var run = await ledger.RunAsync(again.Json.Ids("runIds").ShouldHaveSingleItem());
        run.Id("testId").ShouldBe(second);
        run.Text("input/targetUrl").ShouldBe("https://shop.example");
        (await ledger.PostAsync($"/v1/batches/{again.Json.Id("batchId")}/cancel"))["cancelled"].GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_batch_of_which_nothing_can_be_run_any_more_is_409()
    {
        var test = await ledger.RegisterAsync();
        var source = await ledger.PostAsync($"/v1/groups/{await ledger.GroupAsync(test)}/runs");
        await DeactivateAsync(test);

        (await ledger.PostAsync($"/v1/batches/{source.Json.Id("batchId")}/rerun")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
    }

    [Fact]
    public async Task An_unknown_batch_is_404_and_another_accounts_too()
    {
        var (batch, _) = await ledger.TriggerBatchAsync(1);
        await using var stranger = await RunningLedger.StartAsync(ledger.ConnectionString);

        foreach (var what in (string[])["cancel", "rerun"])
        {
            (await ledger.PostAsync($"/v1/batches/{Guid.NewGuid()}/{what}")).ShouldBeError(HttpStatusCode.NotFound, "NotFound");
            (await ledger.PostAsync($"/v1/batches/x/{what}")).ShouldBeError(HttpStatusCode.BadRequest, "ValidationError");
            (await stranger.Client.PostBodyAsync($"/v1/batches/{batch}/{what}", null)).Status.ShouldBe(HttpStatusCode.NotFound);
        }
    }

    [Fact]
    public async Task A_large_batch_is_triggered_and_cancelled_as_one()
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(1_000);

        var answer = await ledger.PostAsync($"/v1/batches/{batch}/cancel");

        answer["cancelled"].GetInt32().ShouldBe(1_000);
        answer.Json.Ids("cancelledRunIds").ShouldBe(runs);
    }

    private async Task DeactivateAsync(Guid checkId) =>
        (await ledger.Running.Client.CallAsync(HttpMethod.Put, $"/ledger/checks/{checkId}", new
        {
            name = "Off",
            checkType = "PLAYWRIGHT",
            tags = Array.Empty<string>(),
            locations = new[] { "eu-central-1" },
            activated = false,
        })).Status.ShouldBe(HttpStatusCode.OK);
}
