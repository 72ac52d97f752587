using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Runners;

public sealed class RunnerInterfaceTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly HttpClient client = fixture.Ledger.Client;

    [Fact]
    public async Task A_cancelled_run_leaves_the_five_facts_in_order()
    {
        var runner = new TestRunner(client, "five");
        var session = await client.TriggerAsync("five");
        await runner.TakeAsync(session, "five");
        await using var signals = await runner.ListenAsync();

        var asked = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "Wrong branch" });
        asked.Status.ShouldBe(HttpStatusCode.Accepted);
        var cancelId = asked.Body.GetProperty("cancelId").GetGuid();
        var signal = await signals.NextAsync();
        signal.Type.ShouldBe("cancel");
        signal.Data.GetProperty("cancelId").GetGuid().ShouldBe(cancelId);
        signal.Data.GetProperty("sessionId").GetGuid().ShouldBe(session.SessionId);
        signal.Data.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        signal.Data.GetProperty("reason").GetString().ShouldBe("Wrong branch");
        signal.Data.GetProperty("mode").GetString().ShouldBe("graceful");
        await Eventually.Become(async () => (await client.EventTypesAsync(session.SessionId)).Contains("cancel_delivered"));
        (await runner.AcknowledgeAsync(session.SessionId, session.Run, cancelId)).Status.ShouldBe(HttpStatusCode.OK);
        var aborted = await runner.AbortAsync(session.SessionId, session.Run, cancelId);
        aborted.Body.GetProperty("settled").GetBoolean().ShouldBeTrue();
        var details = await runner.ReportAsync(session.SessionId, session.Run, isCancelled: true);
        details.Status.ShouldBe(HttpStatusCode.Created);
        details.Body.GetProperty("settled").GetBoolean().ShouldBeFalse("The abort had settled it; the result only adds its details.");

        (await client.EventTypesAsync(session.SessionId)).ShouldBe(
        [
            "session_triggered", "run_claimed", "run_started", "cancel_requested", "cancel_delivered", "cancel_acknowledged",
            "run_aborted", "result_reported",
        ]);
        var view = await client.SessionAsync(session.SessionId);
        view.GetProperty("status").GetString().ShouldBe("CANCELLED");
        var facts = view.GetProperty("runs")[0].GetProperty("cancel");
        string[] names = ["requestedAt", "deliveredAt", "acknowledgedAt", "stoppedAt", "settledAt"];
        names.Select(name => facts.GetProperty(name).GetDateTimeOffset()).ShouldBeInOrder();
        facts.GetProperty("channel").GetString().ShouldBe("stream");
        facts.GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_stop_that_nobody_can_prove_is_shown_so()
    {
        var runner = new TestRunner(client, "unproven");
        var session = await client.TriggerAsync("unproven");
        await runner.TakeAsync(session, "unproven");
        var asked = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "Wrong branch" });

        var aborted = await runner.TellAsync(
            session.SessionId,
            session.Run,
            "abort",
            new { cancelId = asked.Body.GetProperty("cancelId").GetGuid(), how = "killed", evidence = new { processesLeft = (int?)null, reason = "its supervisor was ended" } });

        aborted.Status.ShouldBe(HttpStatusCode.OK);
        var evidence = (await client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("cancel").GetProperty("evidence");
        evidence.GetProperty("processesLeft").ValueKind.ShouldBe(JsonValueKind.Null);
        evidence.GetProperty("reason").GetString().ShouldBe("its supervisor was ended");
    }

    [Fact]
    public async Task A_result_settles_a_run_and_its_repeat_changes_nothing()
    {
        var runner = new TestRunner(client, "repeat");
        var session = await client.TriggerAsync("repeat");
        await runner.TakeAsync(session, "repeat");
        var resultId = Guid.NewGuid();

        var first = await runner.ReportAsync(session.SessionId, session.Run, resultId: resultId);
        var again = await runner.ReportAsync(session.SessionId, session.Run, resultId: resultId);

        first.Status.ShouldBe(HttpStatusCode.Created);
        again.Status.ShouldBe(HttpStatusCode.OK);
        foreach (var answer in new[] { first, again })
        {
            answer.Body.GetProperty("resultId").GetGuid().ShouldBe(resultId);
            answer.Body.GetProperty("settled").GetBoolean().ShouldBeTrue();
            answer.Body.TryGetProperty("late", out _).ShouldBeFalse();
        }

        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "result_reported").ShouldBe(1);
    }

    [Fact]
    public async Task A_result_without_an_id_gets_one()
    {
        var runner = new TestRunner(client, "no-id");
        var session = await client.TriggerAsync("no-id");
        await runner.TakeAsync(session, "no-id");

        var taken = await runner.TellAsync(session.SessionId, session.Run, "results", new { resultType = "FINAL", hasFailures = true });

        taken.Status.ShouldBe(HttpStatusCode.Created);
        taken.Body.GetProperty("resultId").GetGuid().ShouldNotBe(Guid.Empty);
        (await client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("FAILED");
    }

    [Fact]
    public async Task What_comes_after_the_settlement_is_late_and_changes_nothing()
    {
        var runner = new TestRunner(client, "late");
        var session = await client.TriggerAsync("late");
        await runner.TakeAsync(session, "late");
        await runner.ReportAsync(session.SessionId, session.Run);
        var before = (await client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("result").ToString();

        Answer[] late =
        [
            await runner.ReportAsync(session.SessionId, session.Run),
            await runner.StartAsync(session.SessionId, session.Run),
            await runner.HeartbeatAsync(session.SessionId, session.Run),
        ];

        foreach (var answer in late)
        {
            answer.Status.ShouldBe(HttpStatusCode.OK);
            answer.Body.GetProperty("late").GetBoolean().ShouldBeTrue();
        }

        var view = await client.SessionAsync(session.SessionId);
        view.GetProperty("status").GetString().ShouldBe("PASSED");
        view.GetProperty("runs")[0].GetProperty("result").ToString().ShouldBe(before);
        view.GetProperty("runs")[0].GetProperty("lateReports").GetInt32().ShouldBe(2, "A heartbeat is not an event.");
    }

    [Fact]
    public async Task Another_runner_may_say_nothing_about_a_run()
    {
        var session = await client.TriggerAsync("held");
        await new TestRunner(client, "holder").TakeAsync(session, "held");
        var other = new TestRunner(client, "other");
        var cancel = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
        var cancelId = cancel.Body.GetProperty("cancelId").GetGuid();
        var before = await client.HeadAsync();

        Answer[] answers =
        [
            await other.StartAsync(session.SessionId, session.Run),
            await other.HeartbeatAsync(session.SessionId, session.Run),
            await other.AcknowledgeAsync(session.SessionId, session.Run, cancelId),
            await other.AbortAsync(session.SessionId, session.Run, cancelId),
            await other.ReportAsync(session.SessionId, session.Run),
        ];

        answers.ShouldAllBe(answer => answer.Status == HttpStatusCode.Forbidden);
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task Nobody_cancels_a_result_that_nobody_asked_to_cancel()
    {
        var runner = new TestRunner(client, "rule4");
        var session = await client.TriggerAsync("rule4");
        await runner.TakeAsync(session, "rule4");
        var before = await client.HeadAsync();

        var refused = await runner.ReportAsync(session.SessionId, session.Run, isCancelled: true);

        refused.Status.ShouldBe(HttpStatusCode.Conflict);
        refused.Body.GetProperty("type").GetString().ShouldEndWith("/no-cancel-recorded");
        (await client.HeadAsync()).ShouldBe(before);
    }

    [Fact]
    public async Task A_heartbeat_tells_of_an_open_cancel_until_the_end_and_records_the_first_time()
    {
        var runner = new TestRunner(client, "beats");
        var session = await client.TriggerAsync("beats");
        await runner.TakeAsync(session, "beats");
        (await runner.HeartbeatAsync(session.SessionId, session.Run)).Body.GetProperty("cancel").ValueKind.ShouldBe(JsonValueKind.Null);
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { reason = "why not" });

        for (var time = 0; time < 3; time++)
        {
            var beat = await runner.HeartbeatAsync(session.SessionId, session.Run);
            beat.Body.GetProperty("leaseSeconds").GetInt32().ShouldBe(30);
            var cancel = beat.Body.GetProperty("cancel");
            cancel.GetProperty("reason").GetString().ShouldBe("why not");
            cancel.GetProperty("mode").GetString().ShouldBe("graceful");
            cancel.GetProperty("expiresAt").GetDateTimeOffset().ShouldBeGreaterThan(DateTimeOffset.UtcNow.AddMinutes(4));
        }

        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "cancel_delivered").ShouldBe(1);
        var facts = (await client.SessionAsync(session.SessionId)).GetProperty("runs")[0].GetProperty("cancel");
        facts.GetProperty("channel").GetString().ShouldBe("heartbeat");
    }

    [Fact]
    public async Task A_run_whose_cancel_is_open_is_not_started()
    {
        var runner = new TestRunner(client, "never");
        var session = await client.TriggerAsync("never");
        (await runner.ClaimAsync("never")).ShouldHaveSingleItem();
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

        var start = await runner.StartAsync(session.SessionId, session.Run);

        start.Status.ShouldBe(HttpStatusCode.OK);
        start.Body.GetProperty("cancel").GetProperty("mode").GetString().ShouldBe("graceful");
        (await client.EventTypesAsync(session.SessionId))
            .ShouldBe(["session_triggered", "run_claimed", "cancel_requested", "cancel_delivered"]);
    }

    [Fact]
    public async Task Force_escalates_an_open_cancel_once_and_is_signalled_at_once()
    {
        var runner = new TestRunner(client, "force");
        var session = await client.TriggerAsync("force");
        await runner.TakeAsync(session, "force");
        await using var signals = await runner.ListenAsync();
        var first = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });
        (await signals.NextAsync()).Data.GetProperty("mode").GetString().ShouldBe("graceful");

        var forced = await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { force = true });
        await client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { force = true });

        forced.Status.ShouldBe(HttpStatusCode.Accepted);
        forced.Body.GetProperty("cancelId").GetGuid().ShouldBe(first.Body.GetProperty("cancelId").GetGuid());
        await signals.NextAsync(signal => signal.Data.GetProperty("mode").GetString() == "force");
        (await runner.HeartbeatAsync(session.SessionId, session.Run)).Body
            .GetProperty("cancel").GetProperty("mode").GetString().ShouldBe("force");
        (await client.EventTypesAsync(session.SessionId)).Count(type => type == "cancel_requested").ShouldBe(2);
    }

    [Fact]
    public async Task A_runners_name_may_hold_a_slash()
    {
        var session = await client.TriggerAsync("names");
        (await new TestRunner(client, Uri.EscapeDataString("pool/a b")).ClaimAsync("names")).ShouldHaveSingleItem();

        var start = await new TestRunner(client, "pool/a b").StartAsync(session.SessionId, session.Run);

        start.Status.ShouldBe(HttpStatusCode.OK, "The path and the header name the same runner.");
    }
}
