using System.Text;
using System.Text.Json;
using Ledger.Http.Checkly;
using Ledger.Http.Tests.Hosting;
using Ledger.Sessions;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>What subscribers of a suite are told.</summary>
public sealed class SuiteTests(LedgerOfClass fixture) : IClassFixture<LedgerOfClass>
{
    private readonly RunningLedger ledger = fixture.Ledger;
    private readonly SimulatedRunner runner = fixture.Ledger.RunnerOf();
    private readonly Guid suite = Guid.NewGuid();

    [Fact]
    public async Task Who_subscribes_before_scheduling_sees_a_run_start_and_end()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");

        await runner.StartAsync(session.SessionId, session.Run);
        var started = await client.NextMessageAsync();
        started.ShouldBe(ledger, suite, session.Run, "run-start");
        started.Payload.GetRawText().ShouldBe("{}");

        await runner.PassAsync(session.SessionId, session.Run);
        var ended = await client.NextMessageAsync();
        ended.ShouldBe(ledger, suite, session.Run, "result");
        ended.Payload.Text("resultType").ShouldBe("FINAL");
        ended.Payload.Id("testResultId").ShouldBe(ResultIds.Derived(session.Run));
        var result = ended.Payload.At("result");
        result.EnumerateObject().Select(member => member.Name).ShouldBe(
        [
            "name", "checkType", "hasFailures", "hasErrors", "isDegraded", "isCancelled", "startedAt", "stoppedAt", "responseTime",
            "runLocation", "logs",
        ]);
        result.Text("name").ShouldBe("Checkout suite");
        result.Text("checkType").ShouldBe("PLAYWRIGHT");
        result.Text("runLocation").ShouldBe("eu-central-1");
        result.At("responseTime").GetInt64().ShouldBe(1200);
        result.At("hasFailures").GetBoolean().ShouldBeFalse();
        result.At("logs").GetArrayLength().ShouldBe(0);
        Verdict(result).ShouldBe("passed");
    }

    [Fact]
    public async Task A_failed_try_is_told_as_an_attempt_and_a_failure_as_final()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "API");
        await runner.StartAsync(session.SessionId, session.Run);

        var report = await runner.AttemptAsync(session.SessionId, session.Run);
        await runner.FailAsync(session.SessionId, session.Run);

        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "run-start");
        var attempt = await client.NextMessageAsync();
        attempt.ShouldBe(ledger, suite, session.Run, "result");
        attempt.Payload.Text("resultType").ShouldBe("ATTEMPT");
        attempt.Payload.Id("testResultId").ShouldBe(report);
        var final = await client.NextMessageAsync();
        final.Payload.Text("resultType").ShouldBe("FINAL");
        Verdict(final.Payload.At("result")).ShouldBe("failed");
        final.Payload.At("result/logs").EnumerateObject().Select(phase => phase.Name).ShouldBe(["setup", "request", "teardown"]);
    }

    [Fact]
    public async Task A_result_tells_why_it_failed_as_the_command_line_reads_it()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "API", "TCP", "PLAYWRIGHT");
        foreach (var run in session.Runs)
        {
            await runner.ClaimAsync(session.SessionId, run);
        }

        await FailAsync(session.Runs[0], false, new { message = "1 failed", api = new { request = new { method = "GET", url = "http://x" }, response = new { status = 500 }, assertions = new[] { new { source = "STATUS_CODE", error = "no" } } } });
        await FailAsync(session.Runs[1], true, new { message = "The supplied runner executes no checks of type TCP." });
        await FailAsync(session.Runs[2], true, new { message = "the installation failed: npm ci", log = "npm error\n" });

        var api = await ResultAsync();
        api.At("checkRunData/request").GetRawText().ShouldBe("""{"method":"GET","url":"http://x","data":""}""");
        api.Text("checkRunData/response/body").ShouldBe("");
        api.Text("checkRunData/assertions/0/error").ShouldBe("no");
        api.TryGetProperty("runError", out _).ShouldBeFalse("the assertions tell it");
        (await ResultAsync()).Text("runError").ShouldBe("The supplied runner executes no checks of type TCP.");
        var suiteResult = await ResultAsync();
        suiteResult.Text("runError").ShouldBe("the installation failed: npm ci");
        suiteResult.Text("logs/0/msg").ShouldBe("npm error");
        suiteResult.Text("logs/0/level").ShouldBe("ERROR");
        suiteResult.At("logs/0/time").GetInt64().ShouldBeGreaterThan(0);

        Task FailAsync(Guid run, bool hasErrors, object details) => runner.ReportAsync(
            session.SessionId, run, ResultType.Final, hasFailures: !hasErrors, hasErrors: hasErrors, details: JsonSerializer.SerializeToElement(details));

        async Task<JsonElement> ResultAsync()
        {
            (await client.NextMessageAsync()).Topic.ShouldEndWith("run-start");
            return (await client.NextMessageAsync()).Payload.At("result");
        }
    }

    [Fact]
    public async Task A_queued_run_that_is_cancelled_never_started()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");

        await ledger.CancelAsync(session);

        // The command line waits for starts, and does not exit without them (docs/dialects/checkly-cli.md#messages).
        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Run, "run-start");
        var final = await client.NextMessageAsync();
        final.ShouldBe(ledger, suite, session.Run, "result");
        Verdict(final.Payload.At("result")).ShouldBe("cancelled");
        final.Payload.At("result/startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        final.Payload.At("result/responseTime").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task A_stopped_run_is_told_once_when_it_has_stopped()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT", "PLAYWRIGHT");
        await runner.StartAllAsync(session.SessionId);
        await ledger.CancelAsync(session);

        await runner.AbortAsync(session.SessionId, session.Runs[0]);
        await runner.ReportAsync(session.SessionId, session.Runs[0], ResultType.Final, isCancelled: true, responseTime: 9);
        await runner.ExpireAsync(session.SessionId, session.Runs[1]);

        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[0], "run-start");
        (await client.NextMessageAsync()).ShouldBe(ledger, suite, session.Runs[1], "run-start");
        foreach (var run in session.Runs)
        {
            var final = await client.NextMessageAsync();
            final.ShouldBe(ledger, suite, run, "result");
            final.Payload.Text("resultType").ShouldBe("FINAL");
            final.Payload.Id("testResultId").ShouldBe(ResultIds.Derived(run));
            Verdict(final.Payload.At("result")).ShouldBe("cancelled");
            final.Payload.At("result/startedAt").ValueKind.ShouldBe(JsonValueKind.String);
        }
    }

    [Fact]
    public async Task A_run_that_timed_out_or_was_lost_ends_with_an_error_in_words()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT", "PLAYWRIGHT");
        await runner.StartAllAsync(session.SessionId);

        await runner.TimeOutAsync(session.SessionId, session.Runs[0]);
        await runner.LoseAsync(session.SessionId, session.Runs[1]);

        await client.NextMessageAsync();
        await client.NextMessageAsync();
        var timedOut = await client.NextMessageAsync();
        timedOut.ShouldBe(ledger, suite, session.Runs[0], "error");
        timedOut.Payload.GetString().ShouldBe("The check exceeded its limit of 300 s.");
        var lost = await client.NextMessageAsync();
        lost.ShouldBe(ledger, suite, session.Runs[1], "error");
        lost.Payload.GetString()!.ShouldContain("lost");
    }

    [Fact]
    public async Task Who_subscribes_late_is_told_where_everything_stands()
    {
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT", "PLAYWRIGHT", "PLAYWRIGHT", "PLAYWRIGHT");
        var (running, passed, lost) = (session.Runs[1], session.Runs[2], session.Runs[3]);
        foreach (var run in session.Runs.Skip(1))
        {
            await runner.StartAsync(session.SessionId, run);
        }

        await runner.PassAsync(session.SessionId, passed);
        await runner.LoseAsync(session.SessionId, lost);

        for (var time = 0; time < 2; time++)
        {
            await using var client = await ledger.SubscribeAsync(suite);
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, running, "run-start");
            var final = await client.NextMessageAsync();
            final.ShouldBe(ledger, suite, passed, "result");
            final.Payload.Text("resultType").ShouldBe("FINAL");
            (await client.NextMessageAsync()).ShouldBe(ledger, suite, lost, "error");
        }

        await using var last = await ledger.SubscribeAsync(suite);
        await Take(last, 3);
        await ledger.CancelAsync(session);
        Verdict((await Take(last, 2))[1].Payload.At("result")).ShouldBe("cancelled", "The one that was queued.");
        await runner.AbortAsync(session.SessionId, running);
        (await last.NextMessageAsync()).ShouldBe(ledger, suite, running, "result");
    }

    [Fact]
    public async Task The_same_filter_once_more_tells_it_once_more()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
        await ledger.CancelAsync(session);
        await Take(client, 2);

        await client.SubscribeAsync(ledger.FilterOf(suite));

        (await Take(client, 2))[1].ShouldBe(ledger, suite, session.Run, "result");
    }

    [Fact]
    public async Task Narrower_filters_get_what_they_ask_for()
    {
        await using var client = await ledger.ConnectAsync();
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT", "PLAYWRIGHT");
        var (first, second) = (session.Runs[0], session.Runs[1]);
        await runner.StartAsync(session.SessionId, first);
        var codes = await client.SubscribeAsync(
            ledger.FilterOf(suite, $"{second}/#"), ledger.FilterOf(suite, "+/+/run-start"), ledger.FilterOf(Guid.NewGuid(), "#"));
        codes.ShouldBe([0, 0, 0]);

        (await client.NextMessageAsync()).ShouldBe(ledger, suite, first, "run-start");
        await runner.StartAsync(session.SessionId, second);
        await runner.PassAsync(session.SessionId, first);
        await runner.PassAsync(session.SessionId, second);

        // What stands already when a subscription is granted may be told twice, so only what is told is certain, not how often.
        var told = new List<string>();
        do
        {
            told.Add((await client.NextMessageAsync()).Topic);
        }
        while (!told[^1].EndsWith("/result", StringComparison.Ordinal));

        told[^1].ShouldContain($"{second}");
        told.Distinct().Count(topic => topic.Contains($"{second}") && topic.EndsWith("/run-start", StringComparison.Ordinal)).ShouldBe(1);
        told.ShouldNotContain(topic => topic.Contains($"{first}") && topic.EndsWith("/result", StringComparison.Ordinal));
        await client.SendAsync(0xc0, 0);
        while (await client.NextAsync() is { First: 0x30 } again)
        {
            Encoding.UTF8.GetString(again.Body).ShouldContain($"{second}");
        }
    }

    [Fact]
    public async Task Suites_know_nothing_of_each_other()
    {
        var other = Guid.NewGuid();
        await using var client = await ledger.SubscribeAsync(suite);
        await using var elsewhere = await ledger.SubscribeAsync(other);
        await using var neighbour = await ledger.SubscribeAsync(other);

        await ledger.CancelAsync(await ledger.ScheduleAsync(suite, "PLAYWRIGHT"));
        await ledger.Client.TriggerAsync("without-a-suite");
        var session = await ledger.ScheduleAsync(other, "PLAYWRIGHT");
        await ledger.CancelAsync(session);

        foreach (var subscriber in new[] { elsewhere, neighbour })
        {
            (await Take(subscriber, 2))[1].ShouldBe(ledger, other, session.Run, "result");
            await subscriber.PingAsync();
        }

        await Take(client, 2);
        await client.PingAsync();
    }

    [Fact]
    public async Task After_unsubscribing_nothing_comes()
    {
        await using var client = await ledger.SubscribeAsync(suite);
        var session = await ledger.ScheduleAsync(suite, "PLAYWRIGHT");
        await runner.StartAsync(session.SessionId, session.Run);
        await client.NextMessageAsync();

        await client.SendAsync(Packets.Unsubscribe(3, ledger.FilterOf(suite)));
        (await client.NextAsync()).ShouldBePacket(0xb0, 0, 3);
        await runner.PassAsync(session.SessionId, session.Run);
        await using var witness = await ledger.SubscribeAsync(suite);
        await witness.NextMessageAsync();

        await client.PingAsync();
    }

    private static string Verdict(JsonElement result) =>
        result.At("hasFailures").GetBoolean() ? "failed"
        : result.At("isDegraded").GetBoolean() ? "degraded"
        : result.At("isCancelled").GetBoolean() ? "cancelled"
        : result.At("hasErrors").GetBoolean() ? "error" : "passed";

    private static async Task<List<Message>> Take(MqttTestClient client, int count)
    {
        var messages = new List<Message>();
        while (messages.Count < count)
        {
            messages.Add(await client.NextMessageAsync());
        }

        return messages;
    }
}
