using System.Diagnostics;
using Ledger.Runner.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Ledger.Runner.Tests;

public sealed class Draining_a_runner
{
    private const string Endless = "trap 'exit 0' INT; echo $$ > pids; while :; do sleep 0.05; done";
    private const string Stubborn = "trap '' INT; echo $$ > pids; while :; do sleep 0.05; done";

    [Fact]
    public async Task What_it_holds_is_cancelled_through_the_ledger_and_reported()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of(Endless));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Stop();

        (await runner.Ended).ShouldBe(ExitCodes.Clean);
        var cancel = runner.Ledger.Calls.Single(c => c.What == "cancel");
        cancel.Path.ShouldBe($"/ledger/sessions/{run.SessionId}/cancel");
        cancel.RunnerHeader.ShouldBe("runner-1");
        cancel.Body!.ToJsonString().ShouldBe(
            $$"""{"sequenceIds":["{{run.SequenceId}}"],"cause":"shutdown","reason":"runner runner-1 is shutting down"}""");
        runner.Ledger.Told(run).ShouldBe(["start", "cancel-acknowledgement", "abort", "results"], ignoreOrder: false);
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task What_cannot_be_cancelled_goes_on_to_its_end()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        runner.Ledger.Script = SkipEverything;
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; while [ ! -e go ]; do sleep 0.01; done; exit 3"));
        await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Stop();
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Any(c => c.What == "cancel"), "a cancel");
        await File.WriteAllTextAsync(runner.PathOf("go"), "");

        (await runner.Ended).ShouldBe(ExitCodes.Clean);
        var result = await runner.Ledger.HearsAsync(run, "results");
        ((bool)result.Body!["hasFailures"]!).ShouldBeTrue();
        runner.Ledger.Told(run).ShouldBe(["start", "results"]);
    }

    [Fact]
    public async Task What_does_not_end_in_time_is_killed_and_left_to_the_ledger()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.DrainSeconds = 0.3);
        runner.Ledger.Script = SkipEverything;
        var run = runner.Ledger.Enqueue(FakeRun.Of(Stubborn));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        runner.Stop();

        (await runner.Ended).ShouldBe(ExitCodes.Unsettled);
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
        runner.Ledger.Told(run).ShouldBe(["start"]);
    }

    [Fact]
    public async Task Without_the_ledger_everything_is_killed_after_the_limit()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.DrainSeconds = 0.3);
        runner.Ledger.Enqueue(FakeRun.Of(Stubborn));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));
        runner.Ledger.IsAway = true;

        runner.Stop();

        (await runner.Ended).ShouldBe(ExitCodes.Unsettled);
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task The_second_signal_kills_at_once_and_still_reports_the_cancel()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.GraceSeconds = 3600);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Stubborn));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));
        runner.Stop();
        await runner.Ledger.HearsAsync(run, "cancel-acknowledgement");

        runner.Stop();

        (await runner.Ended).ShouldBe(ExitCodes.Clean);
        ((string?)(await runner.Ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("killed");
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
    }

    [Fact]
    public async Task The_process_drains_on_SIGTERM_even_when_it_was_started_in_the_background_of_a_shell()
    {
        await using var ledger = await FakeLedger.StartAsync();
        var directory = Directory.CreateTempSubdirectory("ledger-runner-tests-").FullName;
        var program = typeof(RunnerHost).Assembly.Location;
        var start = new ProcessStartInfo("sh")
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = directory,
            ArgumentList =
            {
                // What a shell starts in the background ignores SIGINT, and so would everything that it starts.
                "-c",
                "dotnet \"$0\" --url \"$1\" --location eu-central-1 --grace-seconds 600 --log-directory . & echo $! > runner; wait $!",
                program, ledger.Url.ToString(),
            },
            Environment = { [RunnerKey.Variable] = FakeLedger.Key },
        };
        using var shell = Process.Start(start)!;
        var output = shell.StandardOutput.ReadToEndAsync();
        try
        {
            var run = ledger.Enqueue(FakeRun.Of(Endless));
            var pids = await Eventually.LinesAsync(Path.Combine(directory, "pids"));

            Posix.Signal(int.Parse((await Eventually.LinesAsync(Path.Combine(directory, "runner")))[0]), 15);

            await shell.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
            shell.ExitCode.ShouldBe(ExitCodes.Clean, await output);
            ((string?)(await ledger.HearsAsync(run, "abort")).Body!["how"]).ShouldBe("graceful");
            RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
            (await output).ShouldContain("ended with exit code 0");
        }
        finally
        {
            shell.Kill(entireProcessTree: true);
            Directory.Delete(directory, recursive: true);
        }
    }

    private static IResult? SkipEverything(Call call) => call.What != "cancel"
        ? null
        : Results.Json(
            new
            {
                cancelId = Guid.NewGuid(),
                targeted = Array.Empty<Guid>(),
                skipped = new[] { new { sequenceId = call.Body!["sequenceIds"]![0], why = "notCancellable" } },
            },
            statusCode: 202);
}
