using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Ledger.Runner.Tests;

public sealed class Cancelling_a_bundle
{
    private static readonly byte[] Project = Archive.Project().Bytes();

    [Theory]
    [InlineData("graceful")]
    [InlineData("force")]
    public async Task A_download_ends_at_once(string mode)
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        using var ended = new SemaphoreSlim(0);
        runner.Ledger.Script = c => c.What == "slow" ? new Endless(ended) : null;
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("slow", Project), command = new[] { "true" } }));
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Any(c => c.What == "slow"), "the bundle is asked for");

        await runner.Ledger.SignalAsync(run, Guid.NewGuid(), mode);

        await ShouldBeAbortedAsync(runner, run);
        (await ended.WaitAsync(TimeSpan.FromSeconds(60))).ShouldBeTrue("the ledger is let go");
    }

    [Fact]
    public async Task A_wait_for_a_ledger_that_has_no_time_ends_at_once()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        runner.Ledger.Script = c => c.What == "p1" ? new Busy() : null;
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", Project), command = new[] { "true" } }));
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Any(c => c.What == "p1"), "the bundle is asked for");

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        await ShouldBeAbortedAsync(runner, run);
    }

    [Fact]
    public async Task An_installation_ends_with_everything_that_it_started_and_the_command_never_begins()
    {
        await using var runner = await RunnerUnderTest.StartAsync(prepare: l => l.Bundles["p1"] = Project);
        var pids = runner.PathOf("pids");
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = new[] { "sh", "-c", $"setsid sleep 600 & echo $! > {pids}; echo busy; echo $$ >> {pids}; exec sleep 600" },
            command = new[] { "sh", "-c", $"echo ran > {runner.PathOf("trace")}" },
        }));
        var started = await Eventually.LinesAsync(pids, count: 2);

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        var result = await ShouldBeAbortedAsync(runner, run);
        ((string)result["details"]!["log"]!).ShouldContain("busy");
        started.ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
        File.Exists(runner.PathOf("trace")).ShouldBeFalse();
        await Eventually.ShouldAsync(
            () => Directory.GetDirectories(Path.Combine(runner.Options.DataDirectory, "runs"), $"{run.SequenceId}*", SearchOption.AllDirectories)
                .Length == 0,
            "the bundle is deleted");
    }

    [Fact]
    public async Task A_run_that_is_cancelled_before_its_start_fetches_nothing()
    {
        await using var runner = await RunnerUnderTest.StartAsync(prepare: l =>
        {
            l.Bundles["p1"] = Project;
            l.Script = c => c.What == "start" ? Results.StatusCode(503) : null;
        });
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", Project), command = new[] { "true" } }));
        await runner.Ledger.HearsAsync(run, "start");

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());

        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("neverStarted");
        runner.Ledger.Calls.ShouldNotContain(c => c.What == "p1");
    }

    [Fact]
    public async Task The_limit_of_a_run_counts_its_download()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        using var ended = new SemaphoreSlim(0);
        runner.Ledger.Script = c => c.What == "slow" ? new Endless(ended) : null;
        var run = runner.Ledger.Enqueue(FakeRun.With(
            new { bundle = Archive.Bundle("slow", Project), command = new[] { "true" }, timeoutSeconds = 0.3 }));

        var result = await runner.Ledger.FinalAsync(run);

        ((bool)result["details"]!["timedOut"]!).ShouldBeTrue();
        ((bool)result["hasErrors"]!).ShouldBeTrue();
    }

    [Fact]
    public async Task A_runner_that_shuts_down_ends_a_download()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        using var ended = new SemaphoreSlim(0);
        runner.Ledger.Script = c => c.What == "slow" ? new Endless(ended) : null;
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("slow", Project), command = new[] { "true" } }));
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Any(c => c.What == "slow"), "the bundle is asked for");

        runner.Stop();

        (await runner.Ended.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBe(ExitCodes.Clean);
        await ShouldBeAbortedAsync(runner, run);
        Directory.GetFileSystemEntries(Path.Combine(runner.Options.DataDirectory, "runs")).ShouldBeEmpty();
    }

    private static async Task<JsonNode> ShouldBeAbortedAsync(RunnerUnderTest runner, FakeRun run)
    {
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;
        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        var result = await runner.Ledger.FinalAsync(run);
        ((bool)result["isCancelled"]!).ShouldBeTrue();
        runner.Ledger.Told(run).Where(what => what != "cancel").ShouldBe(["start", "cancel-acknowledgement", "abort", "results"]);
        return result;
    }

    /// <summary>Sends a little and then nothing, until the other side leaves.</summary>
    private sealed class Endless(SemaphoreSlim ended) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentLength = Project.Length;
            await httpContext.Response.Body.WriteAsync(Project.AsMemory(0, 10));
            await httpContext.Response.Body.FlushAsync();
            try
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, httpContext.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                ended.Release();
            }
        }
    }

    /// <summary>Has no time for the next five minutes.</summary>
    private sealed class Busy : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = 503;
            httpContext.Response.Headers.RetryAfter = "300";
            return Task.CompletedTask;
        }
    }
}
