using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

/// <summary>A test cannot read the key of the runner that executes it.</summary>
public sealed class Keeping_the_key
{
    // Everything above the run, up to the first process: environment, arguments, memory, and the runtime's own ports.
    private const string Look =
        """
        id=$$
        while [ "$id" -gt 1 ]; do
            id=$(sed 's/.*) . \([0-9]*\).*/\1/' "/proc/$id/stat")
            tr '\0' '\n' < "/proc/$id/cmdline" | grep -q 'Ledger\.Runner\.dll$' || break
            echo "looked at $id"
            tr '\0' '\n' < "/proc/$id/environ"
            tr '\0' '\n' < "/proc/$id/cmdline"
            # Ports have the process's number and the time of its start, since what was killed leaves its own behind.
            started=$(sed 's/.*) //' "/proc/$id/stat" | cut -d ' ' -f 20)
            ls "${TMPDIR:-/tmp}/dotnet-diagnostic-$id-$started-"* "${TMPDIR:-/tmp}/clr-debug-pipe-$id-$started-"* 2> /dev/null
        done
        env
        for descriptor in /proc/self/fd/*; do echo "descriptor $(readlink "$descriptor")"; done
        exit 0
        """;

    [Theory]
    [InlineData("--key-file key", "", null)]
    [InlineData("--key-file /dev/fd/3 3< key", "", null)]
    [InlineData("--key -", FakeLedger.Key, null)]
    [InlineData($"--key {FakeLedger.Key}", "", null)]
    [InlineData($"--key={FakeLedger.Key}", "", null)]
    [InlineData("", "", RunnerKey.Variable)]
    [InlineData("", "", RunnerKey.FileVariable)]
    public async Task Wherever_it_came_from_a_run_does_not_see_it(string arguments, string input, string? variable)
    {
        await using var place = await Place.CreateAsync();
        var value = variable is RunnerKey.FileVariable ? place.PathOf("key") : FakeLedger.Key;
        await using var runner = await place.StartRunnerAsync(
            arguments, environment: variable is null ? null : (variable, value), input: input);
        var run = place.Ledger.Enqueue(FakeRun.Of(Look));

        // The whole of it: the end that is reported would not hold a large environment.
        var details = (await place.Ledger.HearsAsync(run, "results")).Body!["details"]!;
        var log = await File.ReadAllTextAsync((string)details["logFile"]!);

        place.Ledger.Calls.ShouldAllBe(call => call.Authorization == $"Bearer {FakeLedger.Key}");
        // Its supervisor and the runner itself.
        log.Split('\n').Count(line => line.StartsWith("looked at", StringComparison.Ordinal)).ShouldBe(2);
        log.ShouldNotContain(FakeLedger.Key);
        log.ShouldNotContain($"descriptor {place.PathOf("key")}");
        log.ShouldNotContain("dotnet-diagnostic");
        log.ShouldNotContain("clr-debug-pipe");
    }

    [Theory]
    [InlineData($"--key {FakeLedger.Key}", null, "the key stood on the command line")]
    [InlineData("", RunnerKey.Variable, "the key came in the environment variable LEDGER_KEY")]
    public async Task A_key_that_others_may_have_seen_is_warned_of(string arguments, string? variable, string warning)
    {
        await using var place = await Place.CreateAsync();
        await using var runner = await place.StartRunnerAsync(
            arguments, environment: variable is null ? null : (variable, FakeLedger.Key));

        await Eventually.ShouldAsync(() => runner.Output.Contains(warning, StringComparison.Ordinal), warning);
        runner.Output.ShouldNotContain(FakeLedger.Key);
    }

    [Fact]
    public async Task The_ledgers_own_file_with_its_first_key_will_do_and_is_warned_of()
    {
        await using var place = await Place.CreateAsync();
        await File.WriteAllTextAsync(place.PathOf("bootstrap-key"), $"account=5a0f6f4e-6c55-4f0a-8a1d-5a3c9e0c7b21\nkey={FakeLedger.Key}\n");
        await using var runner = await place.StartRunnerAsync("--key-file bootstrap-key");

        await Eventually.ShouldAsync(() => runner.Output.Contains("may do everything", StringComparison.Ordinal), "the warning");
        place.Ledger.Calls.ShouldAllBe(call => call.Authorization == $"Bearer {FakeLedger.Key}");
    }

    [RootFact]
    public async Task A_run_of_another_user_can_read_neither_the_key_file_nor_what_other_runs_have_and_cannot_end_its_supervisor()
    {
        await using var place = await Place.CreateAsync();
        File.SetUnixFileMode(place.Directory, (UnixFileMode)Convert.ToInt32("755", 8));
        await using var runner = await place.StartRunnerAsync("--key-file key --run-as nobody");
        File.SetUnixFileMode(place.PathOf("key"), UnixFileMode.UserRead);
        var run = place.Ledger.Enqueue(FakeRun.Of(
            """
            echo "I am $(id -un)"
            cat key data/runs/* || echo closed
            kill -9 $PPID || echo protected
            touch "$(dirname "$PLAYWRIGHT_JSON_OUTPUT_FILE")/mine" && echo writable
            pwd
            """));

        var details = (await place.Ledger.HearsAsync(run, "results")).Body!["details"]!;

        ((int)details["exitCode"]!).ShouldBe(0);
        var log = (string)details["log"]!;
        log.ShouldContain("I am nobody");
        log.ShouldContain("closed");
        log.ShouldContain("protected");
        log.ShouldContain("writable");
        log.ShouldContain($"\n{place.Directory}\n");
        log.ShouldNotContain(FakeLedger.Key);
    }
}
