using Ledger.Runner.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Ledger.Runner.Tests;

public sealed class Losing_the_ledger
{
    [Fact]
    public async Task A_run_goes_on_without_the_ledger_and_is_reported_when_it_is_back()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo . > started; while [ ! -e go ]; do sleep 0.01; done; echo . > ended"));
        await Eventually.LinesAsync(runner.PathOf("started"));

        runner.Ledger.IsAway = true;
        await File.WriteAllTextAsync(runner.PathOf("go"), "");
        await Eventually.LinesAsync(runner.PathOf("ended"));
        runner.Ledger.Told(run).ShouldBe(["start"]);
        runner.Ledger.IsAway = false;

        var result = await runner.Ledger.HearsAsync(run, "results");
        ((bool)result.Body!["hasFailures"]!).ShouldBeFalse();
    }

    [Fact]
    public async Task A_repeated_report_is_the_same_report()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var answers = new Queue<IResult?>(
            [Results.StatusCode(503), Results.StatusCode(429), Results.StatusCode(500), Results.Text("{"), null]);
        runner.Ledger.Script = c => c.What == "results" ? answers.Dequeue() : null;
        var run = runner.Ledger.Enqueue(FakeRun.Of("true"));

        await Eventually.ShouldAsync(() => answers.Count == 0, "five reports");

        var bodies = runner.Ledger.Calls.Where(c => c.IsAbout(run) && c.What == "results").Select(c => c.Body!.ToJsonString()).ToList();
        bodies.Count.ShouldBe(5);
        bodies.Distinct().Count().ShouldBe(1);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(409)]
    public async Task A_final_refusal_is_not_asked_again(int status)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        runner.Ledger.Script = c => c.What == "results" ? Results.StatusCode(status) : null;
        var run = runner.Ledger.Enqueue(FakeRun.Of("true"));
        await runner.Ledger.HearsAsync(run, "results");

        runner.Stop();
        await runner.Ended;

        runner.Ledger.Told(run).ShouldBe(["start", "results"]);
    }

    [Fact]
    public async Task The_signal_stream_is_opened_again()
    {
        var attempts = 0;
        await using var runner = await RunnerUnderTest.StartAsync(
            prepare: l => l.Script = c => c.What == "signals" && ++attempts <= 2 ? Results.StatusCode(502) : null);
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; exec sleep 600"));
        await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        await runner.Ledger.HearsAsync(run, "abort");
    }

    [Fact]
    public async Task A_runner_without_a_valid_key_ends_at_once()
    {
        await using var runner = await RunnerUnderTest.StartAsync(prepare: l => l.Script = _ => Results.StatusCode(401));

        (await runner.Ended.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBe(ExitCodes.Unusable);
    }
}
