using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

/// <summary>With a script in place of the engine: it keeps its containers as files and runs their commands as processes.</summary>
public sealed class Running_in_a_container
{
    private const string Engine =
        """
        #!/bin/sh
        here=$(dirname "$0")
        echo "$@" >> "$here/engine-calls"
        case "$1" in
        version) exit 0 ;;
        run)
            shift
            while [ $# -gt 0 ]; do
                case "$1" in
                --rm) shift ;;
                --name) name=$2; shift 2 ;;
                -e) export "$2"; shift 2 ;;
                -w) shift 2 ;;
                *) break ;;
                esac
            done
            shift
            # The container is known before its command begins.
            setsid sh -c 'echo $$ > "$0"; exec "$@"' "$here/$name" "$@" &
            wait $!
            code=$?
            rm -f "$here/$name"
            exit $code ;;
        stop) kill -TERM "$(cat "$here/$4")"; while [ -e "$here/$4" ]; do sleep 0.01; done ;;
        kill) kill -KILL "$(cat "$here/$2")"; while [ -e "$here/$2" ]; do sleep 0.01; done ;;
        rm) rm -f "$here/$3" ;;
        ps) ls "$here" | grep -x "${4#name=}" || true ;;
        esac
        """;

    [Fact]
    public async Task A_command_runs_in_its_image_and_its_exit_code_counts()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $COLOUR; exit 3", image: "example/image:1"));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasFailures"]!).ShouldBeTrue();
        ((string)result.Body["details"]!["log"]!).ShouldContain("blue");
        var calls = await File.ReadAllTextAsync(runner.PathOf("engine-calls"));
        calls.ShouldContain($"run --rm --name ledger-{run.SequenceId} -e COLOUR=blue");
        calls.ShouldNotContain(RunnerKey.Variable);
    }

    [Fact]
    public async Task A_cancel_stops_the_container()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; exec sleep 600", image: "example/image:1"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, Guid.NewGuid());
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("containerStopped");
        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
        (await File.ReadAllTextAsync(runner.PathOf("engine-calls"))).ShouldContain($"stop -t 300 ledger-{run.SequenceId}");
    }

    [Fact]
    public async Task A_forced_cancel_kills_the_container()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("trap '' TERM; echo $$ > pids; while :; do sleep 0.05; done", image: "example/image:1"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));

        await runner.Ledger.SignalAsync(run, Guid.NewGuid(), mode: "force");
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        RunnerUnderTest.IsAlive(pids[0]).ShouldBeFalse();
        (await File.ReadAllTextAsync(runner.PathOf("engine-calls"))).ShouldContain($"kill ledger-{run.SequenceId}");
    }

    [Fact]
    public async Task Without_an_engine_the_run_is_an_error()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.ContainerEngine = "no-such-engine");
        var run = runner.Ledger.Enqueue(FakeRun.Of("true", image: "example/image:1"));

        var result = await runner.Ledger.HearsAsync(run, "results");

        ((bool)result.Body!["hasErrors"]!).ShouldBeTrue();
        ((string)result.Body["details"]!["message"]!).ShouldContain("no container engine answers");
    }

    private static Task<RunnerUnderTest> StartAsync() => RunnerUnderTest.StartAsync(options =>
    {
        var path = Path.Combine(options.WorkDirectory, "engine");
        File.WriteAllText(path, Engine);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        options.ContainerEngine = path;
    });
}
