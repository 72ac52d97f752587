using Ledger.Runner.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Ledger.Runner.Tests;

public sealed class Obeying_a_cancel
{
    private const string Endless = "echo $$ > pids; exec sleep 600";
    private readonly Guid cancelId = Guid.NewGuid();

    [Fact]
    public async Task An_interrupted_command_may_end_by_itself()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("trap 'echo tidy; exit 7' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, cancelId);
        var result = await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.Told(run).ShouldBe(["start", "cancel-acknowledgement", "abort", "results"], ignoreOrder: false);
        ((Guid)(await runner.Ledger.HearsAsync(run, "cancel-acknowledgement")).Body!["cancelId"]!).ShouldBe(cancelId);
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;
        ((Guid)abort["cancelId"]!).ShouldBe(cancelId);
        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["exitCode"]!).ShouldBe(7);
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        ((long)abort["durationMs"]!).ShouldBeGreaterThanOrEqualTo(0);
        ((bool)result.Body!["isCancelled"]!).ShouldBeTrue();
        ((bool)result.Body["hasFailures"]!).ShouldBeFalse();
        ((string)result.Body["details"]!["log"]!).ShouldContain("tidy");
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task A_command_that_ignores_the_interrupt_is_killed_with_everything_that_it_started()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.GraceSeconds = 0.3);
        // In its group; detached into a session of its own; detached and without the run's mark in its environment.
        var run = runner.Ledger.Enqueue(FakeRun.Of(
            """
            trap '' INT
            sleep 600 & echo $! > pids
            setsid sleep 600 & echo $! >> pids
            env -i /usr/bin/setsid /bin/sleep 600 & echo $! >> pids
            setsid sh -c 'sleep 600 & echo $! >> pids; exit 0' &
            while [ "$(wc -l < pids)" -lt 4 ]; do sleep 0.01; done
            echo $$ >> pids
            while :; do sleep 0.05; done
            """));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"), count: 5);
        pids.ShouldAllBe(id => RunnerUnderTest.IsAlive(id));

        await runner.Ledger.SignalAsync(run, cancelId);
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("killed");
        ((string?)abort["signal"]).ShouldBe("SIGKILL");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        pids.ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
    }

    [Fact]
    public async Task A_forced_cancel_does_not_wait()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("trap 'echo interrupted >> traces' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, cancelId, mode: "force");
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("killed");
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
        File.Exists(runner.PathOf("traces")).ShouldBeFalse();
    }

    [Fact]
    public async Task Force_ends_a_grace_period_at_once()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.GraceSeconds = 3600);
        var run = runner.Ledger.Enqueue(FakeRun.Of("trap 'echo interrupted >> traces' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        await Eventually.LinesAsync(runner.PathOf("pids"));
        await runner.Ledger.SignalAsync(run, cancelId);
        await Eventually.LinesAsync(runner.PathOf("traces"));

        await runner.Ledger.SignalAsync(run, cancelId, mode: "force");

        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("killed");
    }

    [Fact]
    public async Task Repeated_signals_stop_once()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of(
            "trap 'echo interrupted >> traces' INT; echo $$ > pids; while [ ! -e go ]; do sleep 0.05; done"));
        await Eventually.LinesAsync(runner.PathOf("pids"));
        runner.Ledger.HeartbeatCancels[run.SequenceId] = FakeLedger.Cancel(run, cancelId);

        await runner.Ledger.SignalAsync(run, cancelId);
        await runner.Ledger.SignalAsync(run, cancelId);
        await Eventually.LinesAsync(runner.PathOf("traces"));
        await runner.Ledger.SignalAsync(run, cancelId);
        var beats = runner.Ledger.Calls.Count(c => c.What == "heartbeat");
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Count(c => c.What == "heartbeat") > beats + 1, "two more heartbeats");
        await File.WriteAllTextAsync(runner.PathOf("go"), "");
        await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.Told(run).ShouldBe(["start", "cancel-acknowledgement", "abort", "results"], ignoreOrder: false);
        (await File.ReadAllLinesAsync(runner.PathOf("traces"))).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_cancel_that_only_a_heartbeat_brings_is_obeyed()
    {
        await using var runner = await RunnerUnderTest.StartAsync(
            prepare: l => l.Script = c => c.What == "signals" ? Results.StatusCode(503) : null);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Endless));
        await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Ledger.HeartbeatCancels[run.SequenceId] = FakeLedger.Cancel(run, cancelId);

        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("graceful");
    }

    [Fact]
    public async Task A_cancel_that_only_a_claim_brings_is_obeyed()
    {
        await using var runner = await RunnerUnderTest.StartAsync(
            o => o.ClaimWait = TimeSpan.FromSeconds(1),
            l => l.Script = c => c.What is "signals" or "heartbeat" ? Results.StatusCode(503) : null);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Endless));
        await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Ledger.ClaimCancels.Add(FakeLedger.Cancel(run, cancelId));

        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("graceful");
    }

    [Fact]
    public async Task A_signal_that_overtakes_its_run_is_obeyed_before_the_run_starts()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = FakeRun.Of(Endless);
        await runner.Ledger.SignalAsync(run, cancelId);
        // A second run behind the signal on the same stream tells that the signal was read.
        var marker = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > marker; exec sleep 600"));
        await Eventually.LinesAsync(runner.PathOf("marker"));
        await runner.Ledger.SignalAsync(marker, Guid.NewGuid());
        await runner.Ledger.HearsAsync(marker, "abort");

        runner.Ledger.Enqueue(run);
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("neverStarted");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        await runner.Ledger.HearsAsync(run, "results");
        File.Exists(runner.PathOf("pids")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_that_is_cancelled_while_its_start_is_asked_for_never_starts()
    {
        await using var runner = await RunnerUnderTest.StartAsync(
            prepare: l => l.Script = c => c.What == "start" ? Results.StatusCode(503) : null);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Endless));
        await runner.Ledger.HearsAsync(run, "start");

        await runner.Ledger.SignalAsync(run, cancelId);
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("neverStarted");
        ((bool)(await runner.Ledger.HearsAsync(run, "results")).Body!["isCancelled"]!).ShouldBeTrue();
        File.Exists(runner.PathOf("pids")).ShouldBeFalse();
    }

    [Fact]
    public async Task A_run_whose_start_is_refused_because_of_a_cancel_never_starts()
    {
        await using var runner = await RunnerUnderTest.StartAsync(
            prepare: l => l.Script = c => c.What == "start" ? Results.StatusCode(409) : null);
        var run = FakeRun.Of(Endless);
        runner.Ledger.HeartbeatCancels[run.SequenceId] = FakeLedger.Cancel(run, cancelId);
        runner.Ledger.Enqueue(run);

        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("neverStarted");
        File.Exists(runner.PathOf("pids")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(409)]
    public async Task A_run_that_is_not_this_runners_any_more_at_its_start_is_dropped_silently(int status)
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.Max = 1);
        var run = FakeRun.Of(Endless);
        runner.Ledger.Script = c => c.What != "start" || !c.IsAbout(run) ? null
            : status == 200 ? Results.Json(new { late = true }) : Results.StatusCode(status);
        runner.Ledger.Enqueue(run);
        var next = runner.Ledger.Enqueue(FakeRun.Of("true"));

        await runner.Ledger.HearsAsync(next, "results");

        runner.Ledger.Told(run).ShouldBe(["start"]);
        File.Exists(runner.PathOf("pids")).ShouldBeFalse();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_run_that_the_ledger_has_settled_is_ended_at_once_and_not_reported(int status)
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.Max = 1);
        var run = runner.Ledger.Enqueue(FakeRun.Of("trap '' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        var next = runner.Ledger.Enqueue(FakeRun.Of("true"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Ledger.Late[run.SequenceId] = true;
        runner.Ledger.Script = c => c.What == "heartbeat" && c.IsAbout(run) && status != 200 ? Results.StatusCode(status) : null;
        await runner.Ledger.HearsAsync(next, "results");

        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
        runner.Ledger.Told(run).ShouldBe(["start"]);
    }

    [Fact]
    public async Task A_run_that_ended_before_the_cancel_came_keeps_its_real_result()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var isBusy = true;
        runner.Ledger.Script = c => c.What == "results" && isBusy ? Results.StatusCode(503) : null;
        var run = runner.Ledger.Enqueue(FakeRun.Of("exit 3"));
        await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.HeartbeatCancels[run.SequenceId] = FakeLedger.Cancel(run, cancelId);
        var beats = runner.Ledger.Calls.Count(c => c.What == "heartbeat");
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Count(c => c.What == "heartbeat") > beats + 1, "two more heartbeats");
        isBusy = false;
        runner.Stop();

        (await runner.Ended).ShouldBe(ExitCodes.Clean);
        runner.Ledger.Told(run).Distinct().ShouldBe(["start", "results"]);
        runner.Ledger.Calls.Where(c => c.What == "results").ShouldAllBe(c => !(bool)c.Body!["isCancelled"]! && (bool)c.Body["hasFailures"]!);
    }
}
