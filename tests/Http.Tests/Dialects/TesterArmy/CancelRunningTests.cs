using System.Net;
using Ledger.Http.Tests.Dialects.Checkly;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>
/// With <c>Ledger:TesterArmy:CancelRunning</c> running runs are cancelled too (docs/dialects/testerarmy.md#cancel,
/// docs/dialects/common.md#races).
/// </summary>
public sealed class CancelRunningTests(CancelRunningLedger ledger) : IClassFixture<CancelRunningLedger>
{
    [Fact]
    public async Task A_running_run_is_cancelled_and_reads_running_until_it_has_stopped()
    {
        var run = await ledger.TriggerAsync();
        var sequence = await ledger.StartAsync(run);

        var answer = await ledger.PostAsync($"/v1/runs/{run}/cancel");
        var meanwhile = await ledger.RunAsync(run);
        var again = await ledger.PostAsync($"/v1/runs/{run}/cancel");
        await ledger.Runner.AbortAsync(run, sequence);

        answer.Status.ShouldBe(HttpStatusCode.OK);
        meanwhile.Text("status").ShouldBe("running");
        again.Status.ShouldBe(HttpStatusCode.OK);
        again.Body.ShouldBe(answer.Body);
        var stopped = await ledger.RunAsync(run);
        stopped.Text("status").ShouldBe("cancelled");
        stopped.Text("startedAt").ShouldNotBeNullOrEmpty();
        stopped.At("durationMs").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
        (await ledger.EventsOfAsync(run)).Count(type => type == "cancel_requested").ShouldBe(1);
    }

    [Fact]
    public async Task A_run_that_finishes_before_the_stop_keeps_its_result()
    {
        var run = await ledger.TriggerAsync();
        var sequence = await ledger.StartAsync(run);
        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).Status.ShouldBe(HttpStatusCode.OK);

        await ledger.Runner.PassAsync(run, sequence);

        var shown = await ledger.RunAsync(run);
        shown.Text("status").ShouldBe("completed");
        shown.Text("output/result").ShouldBe("PASS");
        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).ShouldBeError(HttpStatusCode.Conflict, "Conflict");
    }

    [Fact]
    public async Task A_claimed_run_is_cancelled_and_never_starts()
    {
        var run = await ledger.TriggerAsync();
        var sequence = await ledger.SequenceOfAsync(run);
        await ledger.Runner.ClaimAsync(run, sequence);

        (await ledger.PostAsync($"/v1/runs/{run}/cancel")).Status.ShouldBe(HttpStatusCode.OK);
        await ledger.Runner.AbortAsync(run, sequence);

        var shown = await ledger.RunAsync(run);
        shown.Text("status").ShouldBe("cancelled");
        shown.At("startedAt").ValueKind.ShouldBe(System.Text.Json.JsonValueKind.Null);
    }

    [Fact]
    public async Task A_batch_stops_its_running_runs_and_lists_them_again_until_they_have_stopped()
    {
        var (batch, runs) = await ledger.TriggerBatchAsync(3);
        await ledger.FinishAsync(runs[0]);
        var sequence = await ledger.StartAsync(runs[1]);

        var first = await ledger.PostAsync($"/v1/batches/{batch}/cancel");
        var second = await ledger.PostAsync($"/v1/batches/{batch}/cancel");
        await ledger.Runner.AbortAsync(runs[1], sequence);
        var third = await ledger.PostAsync($"/v1/batches/{batch}/cancel");

        first.Status.ShouldBe(HttpStatusCode.OK);
        first.Json.Ids("cancelledRunIds").ShouldBe([runs[1], runs[2]]);
        first.Json.Ids("alreadyFinishedRunIds").ShouldBe([runs[0]]);
        second.Json.Ids("cancelledRunIds").ShouldBe([runs[1]]);
        second.Json.Ids("alreadyFinishedRunIds").ShouldBe([runs[0], runs[2]]);
        third.Status.ShouldBe(HttpStatusCode.OK);
        third["cancelled"].GetInt32().ShouldBe(0);
        third["alreadyFinished"].GetInt32().ShouldBe(3);
    }
}
