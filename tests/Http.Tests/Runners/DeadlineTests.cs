using Ledger.Http.Tests.Hosting;
using Ledger.Support;

namespace Ledger.Http.Tests.Runners;

public sealed class DeadlineTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly Dictionary<string, string?> Short = new(StringComparer.Ordinal)
    {
        ["Ledger:Cancel:AcknowledgeSeconds"] = "1",
        ["Ledger:Cancel:ExpireSeconds"] = "2",
        ["Ledger:Lease:Seconds"] = "1",
    };

    [Fact]
    public async Task A_cancel_that_nobody_obeys_is_forced_and_then_expires()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, Short);
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
    public async Task A_runner_that_falls_silent_loses_its_run_and_one_that_beats_does_not()
    {
        await using var ledger = await RunningLedger.StartAsync(database.ConnectionString, Short);
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
