using System.Diagnostics;
using System.Net;
using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Runners;

public sealed class DeadlineTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, string?> Impatient = new(StringComparer.Ordinal)
    {
        ["Ledger:Cancel:AcknowledgeSeconds"] = "1",
        ["Ledger:Cancel:ExpireSeconds"] = "2",
    };

    // Long enough for the few calls between two signs of life on a machine that is busy.
    private static readonly Dictionary<string, string?> ShortLease = new(StringComparer.Ordinal) { ["Ledger:Lease:Seconds"] = "4" };

    [Fact]
    public async Task A_cancel_that_nobody_obeys_is_forced_and_then_expires()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, Impatient);
        var runner = new TestRunner(ledger.Client, "deaf");
        var session = await ledger.Client.TriggerAsync("deaf");
        await runner.TakeAsync(session, "deaf");
        await using var signals = await runner.ListenAsync();

        var asked = await ledger.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", null);
        var cancelId = asked.Body.GetProperty("cancelId").GetGuid();
        var forced = await signals.NextAsync(signal => signal.Data.GetProperty("mode").GetString() == "force");
        forced.Data.GetProperty("cancelId").GetGuid().ShouldBe(cancelId);
        await Eventually.Become(async () => (await ledger.Client.EventTypesAsync(session.SessionId))[^1] == "cancel_expired");
        var late = await runner.AbortAsync(session.SessionId, session.Run, cancelId);

        late.Body.GetProperty("late").GetBoolean().ShouldBeTrue();
        var view = await ledger.Client.SessionAsync(session.SessionId);
        view.GetProperty("status").GetString().ShouldBe("CANCELLED");
        view.GetProperty("runs")[0].GetProperty("cancel").GetProperty("expired").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_run_that_was_claimed_and_never_begun_goes_to_another_runner_and_alerts_nobody()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, ShortLease);
        var session = await ledger.Client.TriggerAsync(new
        {
            kind = "check",
            name = "Checkout",
            runs = new[] { new { checkId = Guid.NewGuid(), checkType = "PLAYWRIGHT", name = "checkout", location = "requeue" } },
        });
        (await new TestRunner(ledger.Client, "vanishes").ClaimAsync("requeue")).ShouldHaveSingleItem();
        var other = new TestRunner(ledger.Client, "stays");

        var claimed = (await other.ClaimAsync("requeue", waitSeconds: 20)).ShouldHaveSingleItem();
        claimed.GetProperty("sequenceId").GetGuid().ShouldBe(session.Run);
        await other.StartAsync(session.SessionId, session.Run);
        (await new TestRunner(ledger.Client, "vanishes").StartAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.Forbidden);
        await other.ReportAsync(session.SessionId, session.Run);

        (await ledger.Client.EventTypesAsync(session.SessionId)).ShouldBe(
            ["session_triggered", "run_claimed", "run_requeued", "run_claimed", "run_started", "result_reported"]);
        (await ledger.Client.SessionAsync(session.SessionId)).GetProperty("status").GetString().ShouldBe("PASSED");
        var alerts = await ledger.Client.ReadAsync($"/ledger/alerts?after={await ledger.Client.HeadAsync()}");
        alerts.Status.ShouldBe(HttpStatusCode.OK, alerts.Body.ToString());
        alerts.Body.GetProperty("entries").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_run_that_is_queued_again_is_shown_as_queued()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, ShortLease);
        var session = await ledger.Client.TriggerAsync("shown");
        (await new TestRunner(ledger.Client, "vanishes").ClaimAsync("shown")).ShouldHaveSingleItem();

        await Eventually.Become(async () => (await ledger.Client.EventTypesAsync(session.SessionId))[^1] == "run_requeued");

        var run = (await ledger.Client.SessionAsync(session.SessionId)).GetProperty("runs")[0];
        run.GetProperty("state").GetString().ShouldBe("queued");
    }

    [Fact]
    public async Task A_run_over_its_own_limit_times_out_only_after_its_runner_had_the_time_to_report()
    {
        var patient = new Dictionary<string, string?>(StringComparer.Ordinal) { ["Ledger:Lease:LimitMarginSeconds"] = "8" };
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, patient);
        async Task<Triggered> StartAsync(string location)
        {
            var runner = new TestRunner(ledger.Client, location);
            var session = await ledger.Client.TriggerAsync(new
            {
                kind = "test",
                name = "Suite",
                runs = new[] { new { checkType = "PLAYWRIGHT", name = "slow", location, spec = new { timeoutSeconds = 1 } } },
            });
            await runner.TakeAsync(session, location);
            return session;
        }

        var gone = await StartAsync("gone");
        var living = await StartAsync("living");
        var began = Stopwatch.StartNew();
        await Eventually.Become(() => began.Elapsed > TimeSpan.FromSeconds(1.3), expectation: "the limit has passed");
        await new TestRunner(ledger.Client, "living").ReportAsync(living.SessionId, living.Run);
        await Eventually.Become(async () => (await ledger.Client.EventTypesAsync(gone.SessionId))[^1] == "run_timed_out");

        (await ledger.Client.EventTypesAsync(living.SessionId))[^1].ShouldBe("result_reported");
    }

    [Fact]
    public async Task A_runner_that_falls_silent_loses_its_run_and_one_that_beats_does_not()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, ShortLease);
        var (silent, alive) = (new TestRunner(ledger.Client, "silent"), new TestRunner(ledger.Client, "alive"));
        var kept = await ledger.Client.TriggerAsync("alive");
        await alive.TakeAsync(kept, "alive");
        var lost = await ledger.Client.TriggerAsync("silent");
        await silent.TakeAsync(lost, "silent");

        await Eventually.Become(async () =>
        {
            await alive.HeartbeatAsync(kept.SessionId, kept.Run);
            return (await ledger.Client.EventTypesAsync(lost.SessionId))[^1] == "run_lost";
        });

        (await ledger.Client.SessionAsync(lost.SessionId)).GetProperty("status").GetString().ShouldBe("TIMED_OUT");
        (await ledger.Client.SessionAsync(kept.SessionId)).GetProperty("status").GetString().ShouldBe("STARTED");
    }
}
