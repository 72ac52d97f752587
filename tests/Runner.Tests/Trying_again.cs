using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Trying_again
{
    private const string FailsTwice = "echo . >> tries; test $(wc -l < tries) -gt 2";

    [Fact]
    public async Task Failed_tries_are_reported_with_their_numbers_and_the_last_one_counts()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying(FailsTwice, new { type = "FIXED", maxRetries = 5, baseBackoffSeconds = 0.01 }));

        var final = await runner.Ledger.FinalAsync(run);

        ((bool)final["hasFailures"]!).ShouldBeFalse();
        ((int)final["attempt"]!).ShouldBe(3);
        runner.Ledger.AttemptsOf(run).Select(a => (int)a["attempt"]!).ShouldBe([1, 2]);
        runner.Ledger.AttemptsOf(run).ShouldAllBe(a => (bool)a["hasFailures"]! && (int)a["details"]!["exitCode"]! == 1);
        runner.Ledger.Told(run).ShouldBe(["start", "results", "results", "results"]);
        ((string)final["details"]!["log"]!).ShouldContain("try 2 of 6 failed");
    }

    [Fact]
    public async Task The_last_failure_is_final()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("exit 3", new { type = "SINGLE_RETRY", baseBackoffSeconds = 0 }));

        var final = await runner.Ledger.FinalAsync(run);

        ((bool)final["hasFailures"]!).ShouldBeTrue();
        ((int)final["attempt"]!).ShouldBe(2);
        runner.Ledger.AttemptsOf(run).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_try_that_passes_is_the_only_one()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("true", new { type = "LINEAR" }));

        ((int)(await runner.Ledger.FinalAsync(run))["attempt"]!).ShouldBe(1);
        runner.Ledger.AttemptsOf(run).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("FIXED")]
    [InlineData("LINEAR")]
    [InlineData("EXPONENTIAL")]
    public async Task No_try_begins_after_the_longest_duration(string type)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("exit 1", new { type, baseBackoffSeconds = 60, maxDurationSeconds = 30 }));

        ((bool)(await runner.Ledger.FinalAsync(run))["hasFailures"]!).ShouldBeTrue();
        runner.Ledger.AttemptsOf(run).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_does_not_fail_by_the_network()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("exit 1", new { type = "FIXED", onlyOn = new[] { "NETWORK_ERROR" }, baseBackoffSeconds = 0 }));

        await runner.Ledger.FinalAsync(run);

        runner.Ledger.AttemptsOf(run).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("graceful")]
    [InlineData("force")]
    public async Task A_cancel_ends_the_wait_at_once_and_finds_nothing_running(string mode)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("echo once >> tries; exit 1", new { type = "FIXED", baseBackoffSeconds = 300 }));
        await runner.Ledger.HearsAsync(run, "results");

        await runner.Ledger.SignalAsync(run, Guid.NewGuid(), mode);

        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;
        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        ((bool)(await runner.Ledger.FinalAsync(run))["isCancelled"]!).ShouldBeTrue();
        runner.Ledger.Told(run).ShouldBe(["start", "results", "cancel-acknowledgement", "abort", "results"]);
        (await File.ReadAllLinesAsync(runner.PathOf("tries"))).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_cancel_ends_a_later_try_like_the_first()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying(
            "echo $$ >> tries; test $(wc -l < tries) -gt 1 && exec sleep 600; exit 1", new { type = "FIXED", baseBackoffSeconds = 0 }));
        var pids = await Eventually.LinesAsync(runner.PathOf("tries"), count: 2);

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        ((int)(await runner.Ledger.HearsAsync(run, "abort")).Body!["evidence"]!["processesLeft"]!).ShouldBe(0);
        RunnerUnderTest.IsAlive(pids[1]).ShouldBeFalse();
    }

    [Fact]
    public async Task The_limit_of_a_run_holds_for_all_its_tries_together()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            command = new[] { "false" },
            retryStrategy = new { type = "FIXED", baseBackoffSeconds = 300 },
            timeoutSeconds = 3,
        }));

        var final = await runner.Ledger.FinalAsync(run);

        ((bool)final["details"]!["timedOut"]!).ShouldBeTrue();
        runner.Ledger.AttemptsOf(run).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("SOMETIMES", 1, "spec.retryStrategy.type is SOMETIMES")]
    [InlineData("FIXED", 11, "spec.retryStrategy.maxRetries")]
    public async Task A_strategy_that_nobody_knows_is_an_error(string type, int maxRetries, string message)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(Retrying("true", new { type, maxRetries }));

        ((string)(await runner.Ledger.FinalAsync(run))["details"]!["message"]!).ShouldContain(message);
        runner.Ledger.Told(run).ShouldBe(["results"]);
    }

    private static FakeRun Retrying(string script, object retryStrategy) =>
        FakeRun.With(new { command = new[] { "sh", "-c", script }, retryStrategy });
}
