using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Executing_a_run
{
    [Fact]
    public async Task A_command_that_exits_with_zero_passes_and_its_output_is_kept()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo one; echo two >&2; echo three"));

        var result = await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.Told(run).ShouldBe(["start", "results"]);
        var body = result.Body!;
        ((string?)body["resultType"]).ShouldBe("FINAL");
        ((bool)body["hasFailures"]!).ShouldBeFalse();
        ((bool)body["hasErrors"]!).ShouldBeFalse();
        ((bool)body["isCancelled"]!).ShouldBeFalse();
        ((long)body["responseTime"]!).ShouldBeGreaterThanOrEqualTo(0);
        ((DateTimeOffset)body["stoppedAt"]!).ShouldBeGreaterThanOrEqualTo((DateTimeOffset)body["startedAt"]!);
        ((int)body["details"]!["exitCode"]!).ShouldBe(0);
        ((string?)body["details"]!["log"]).ShouldBe("one\ntwo\nthree\n");
        (await File.ReadAllTextAsync((string)body["details"]!["logFile"]!)).ShouldBe("one\ntwo\nthree\n");
    }

    [Fact]
    public async Task Every_call_about_a_run_names_the_runner_and_carries_the_key()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("true"));
        await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.Calls.ShouldAllBe(c => c.Authorization == $"Bearer {FakeLedger.Key}");
        runner.Ledger.Calls.Where(c => c.IsAbout(run)).ShouldAllBe(c => c.RunnerHeader == "runner-1");
    }

    [Fact]
    public async Task A_command_that_exits_with_another_code_fails()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("exit 3"));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasFailures"]!).ShouldBeTrue();
        ((bool)result.Body["hasErrors"]!).ShouldBeFalse();
        ((int)result.Body["details"]!["exitCode"]!).ShouldBe(3);
    }

    [Fact]
    public async Task The_command_knows_its_run_and_its_own_variables_but_not_the_key_of_the_runner()
    {
        Environment.SetEnvironmentVariable(RunnerKey.Variable, FakeLedger.Key);
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("env | grep -e COLOUR -e LEDGER_"));

        var log = (string)(await runner.Ledger.HearsAsync(run, "results")).Body!["details"]!["log"]!;

        var lines = log.Split('\n');
        lines.ShouldContain("COLOUR=blue");
        lines.ShouldContain($"LEDGER_SESSION_ID={run.SessionId}");
        lines.ShouldContain($"LEDGER_SEQUENCE_ID={run.SequenceId}");
        lines.ShouldContain("LEDGER_CHECK_TYPE=PLAYWRIGHT");
        lines.ShouldContain("LEDGER_LOCATION=eu-central-1");
        lines.ShouldContain("LEDGER_RUN_NAME=Checkout suite");
        log.ShouldNotContain(FakeLedger.Key);
    }

    [Fact]
    public async Task The_trace_of_whoever_triggered_the_run_goes_on_in_the_command_and_in_every_report()
    {
        const string Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo my trace is $TRACEPARENT") with { Traceparent = Trace });

        var log = (string)(await runner.Ledger.HearsAsync(run, "results")).Body!["details"]!["log"]!;

        log.ShouldContain($"my trace is {Trace}");
        runner.Ledger.Calls.Where(call => call.IsAbout(run)).Select(call => call.Traceparent).Distinct().ShouldBe([Trace]);
    }

    [Fact]
    public async Task A_command_has_a_process_group_and_a_session_of_its_own()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("cut -d' ' -f1,5,6 /proc/$$/stat; true"));

        var log = (string)(await runner.Ledger.HearsAsync(run, "results")).Body!["details"]!["log"]!;

        log.Trim().Split(' ').Distinct().Count().ShouldBe(1);
    }

    public static TheoryData<object?, string> UnusableSpecs => new()
    {
        { null, "no spec" },
        { new { }, "spec.command" },
        { new { command = Array.Empty<string>() }, "spec.command" },
        { new { command = "sh -c true" }, "spec.command" },
        { new { command = new[] { "true" }, timeoutSeconds = -1 }, "spec.timeoutSeconds" },
        { new { command = new[] { "true" }, image = "--privileged" }, "spec.image" },
        { new { command = new[] { "true" }, install = "npm ci" }, "spec.install" },
        { new { command = new[] { "true" }, bundle = new { key = "k", sha256 = "abc", sizeBytes = 1 } }, "spec.bundle.sha256" },
        { new { command = new[] { "true" }, bundle = new { sha256 = "abc", sizeBytes = 1 } }, "spec.bundle" },
        { new { command = new[] { "true" }, apiRequest = new { url = "http://127.0.0.1/" } }, "something else to execute" },
        { new { job = new { checkType = "BROWSER" } }, "this runner cannot execute PLAYWRIGHT checks of a test session" },
        { new { unsupported = "TCP checks need a network.", job = new { } }, "TCP checks need a network." },
    };

    [Theory]
    [MemberData(nameof(UnusableSpecs))]
    public async Task A_run_that_says_nothing_usable_is_an_error_and_never_starts(object? spec, string message)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(spec));

        var result = await runner.Ledger.HearsAsync(run, "results");

        runner.Ledger.Told(run).ShouldBe(["results"]);
        ((bool)result.Body!["hasErrors"]!).ShouldBeTrue();
        ((string)result.Body["details"]!["message"]!).ShouldContain(message);
    }

    public static TheoryData<object, string> UnstartableSpecs => new()
    {
        { new { command = new[] { "no-such-program-anywhere" } }, "no-such-program-anywhere is not an executable program" },
        { new { command = new[] { "true" }, workingDirectory = "nowhere" }, "nowhere does not exist" },
        { new { command = new[] { "true" }, environment = FakeRun.Variables("PATH", "/nowhere") }, "true is not an executable program" },
    };

    [Theory]
    [MemberData(nameof(UnstartableSpecs))]
    public async Task A_command_that_cannot_be_started_is_an_error(object spec, string message)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(spec));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasErrors"]!).ShouldBeTrue();
        ((string)result.Body["details"]!["message"]!).ShouldContain(message);
    }

    [Fact]
    public async Task What_a_command_leaves_behind_is_ended_with_it()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("sleep 600 & echo $! > pids; setsid sleep 600 & echo $! >> pids; exit 0"));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasFailures"]!).ShouldBeFalse();
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"), count: 2);
        pids.ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
    }

    [Fact]
    public async Task A_run_beyond_its_own_limit_is_ended_and_reported()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; exec sleep 600", timeoutSeconds: 3));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasErrors"]!).ShouldBeTrue();
        ((bool)result.Body["isCancelled"]!).ShouldBeFalse();
        ((bool)result.Body["details"]!["timedOut"]!).ShouldBeTrue();
        RunnerUnderTest.IsAlive((await Eventually.LinesAsync(runner.PathOf("pids")))[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task Only_the_end_of_a_long_output_is_reported_and_all_of_it_is_kept()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("i=0; while [ $i -lt 4000 ]; do echo line $i; i=$((i+1)); done"));

        var details = (await runner.Ledger.HearsAsync(run, "results")).Body!["details"]!;

        ((string)details["log"]!).Length.ShouldBeInRange(7 * 1024, 8 * 1024);
        ((string)details["log"]!).ShouldEndWith("line 3999\n");
        (await File.ReadAllLinesAsync((string)details["logFile"]!)).Length.ShouldBe(4000);
    }

    [Fact]
    public async Task No_more_runs_are_claimed_than_there_is_room_for()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.Max = 2);
        var runs = Enumerable.Range(0, 5)
            .Select(i => runner.Ledger.Enqueue(FakeRun.Of($"echo . >> started{i}; while [ ! -e go ]; do sleep 0.01; done")))
            .ToList();
        await Eventually.LinesAsync(runner.PathOf("started0"));
        await Eventually.LinesAsync(runner.PathOf("started1"));

        runner.Ledger.Calls.Count(c => c.What == "start").ShouldBe(2);
        await File.WriteAllTextAsync(runner.PathOf("go"), "");

        foreach (var run in runs)
        {
            await runner.Ledger.HearsAsync(run, "results");
        }
    }
}
