using System.Diagnostics;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

/// <summary>What a run starts is ended with it, wherever it hides, and what cannot be proven is not claimed.</summary>
public sealed class Leaving_nothing_behind
{
    // It leaves no trace: no environment, no session, no parent, and nobody who waits for it.
    private const string Hide = "env -i /usr/bin/setsid -f /bin/sh -c 'echo $$ >> hidden; exec sleep 600'; while [ ! -s hidden ]; do sleep 0.01; done;";
    private readonly Guid cancelId = Guid.NewGuid();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cancel_ends_what_left_the_session_with_an_empty_environment(bool usesControlGroups)
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.UsesControlGroups = usesControlGroups);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Hide + "echo $$ > pids; exec sleep 600"));
        var pids = await Eventually.LinesAsync(runner.PathOf("pids"));
        var hidden = await Eventually.LinesAsync(runner.PathOf("hidden"));

        await runner.Ledger.SignalAsync(run, cancelId);
        var abort = (await runner.Ledger.HearsAsync(run, "abort")).Body!;

        ((int)abort["evidence"]!["processesLeft"]!).ShouldBe(0);
        pids.Concat(hidden).ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_passes_is_cleaned_up_in_the_same_way(bool usesControlGroups)
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.UsesControlGroups = usesControlGroups);
        var run = runner.Ledger.Enqueue(FakeRun.Of(Hide + "exit 0"));

        var result = (await runner.Ledger.HearsAsync(run, "results")).Body!;

        ((bool)result["hasFailures"]!).ShouldBeFalse();
        ((int)result["details"]!["evidence"]!["processesLeft"]!).ShouldBe(0);
        (await Eventually.LinesAsync(runner.PathOf("hidden"))).ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
    }

    [Fact]
    public async Task What_one_run_hides_is_not_taken_for_another_ones()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.UsesControlGroups = false);
        string Script(string name) => Hide.Replace("hidden", name, StringComparison.Ordinal) + $"echo $$ > {name}-pids; exec sleep 600";
        var first = runner.Ledger.Enqueue(FakeRun.Of(Script("first")));
        var second = runner.Ledger.Enqueue(FakeRun.Of(Script("second")));
        await Eventually.LinesAsync(runner.PathOf("first-pids"));
        var others = (await Eventually.LinesAsync(runner.PathOf("second-pids"))).Concat(await Eventually.LinesAsync(runner.PathOf("second"))).ToList();

        await runner.Ledger.SignalAsync(first, cancelId);
        await runner.Ledger.HearsAsync(first, "results");

        (await Eventually.LinesAsync(runner.PathOf("first"))).ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
        others.ShouldAllBe(id => RunnerUnderTest.IsAlive(id));
        runner.Ledger.Told(second).ShouldBe(["start"]);
    }

    [Fact]
    public async Task Orphans_that_end_do_not_stay_as_zombies()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of("for i in 1 2 3 4 5; do setsid -f true; done; echo $PPID > parent; exec sleep 600"));
        var parent = int.Parse((await Eventually.LinesAsync(runner.PathOf("parent")))[0]);

        await Eventually.ShouldAsync(
            () => ProcessTree.Snapshot().TrueForAll(p => p.ParentId != parent || !p.IsZombie), "no zombie is left below the supervisor");
        await runner.Ledger.SignalAsync(run, cancelId);
        await runner.Ledger.HearsAsync(run, "abort");
    }

    [Fact]
    public async Task A_run_that_ends_its_supervisor_gets_no_proof()
    {
        await using var runner = await RunnerUnderTest.StartAsync(o => o.UsesControlGroups = false);
        var run = runner.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; sleep 600 & echo $! >> pids; kill -9 $PPID; exec sleep 600"));

        var result = (await runner.Ledger.HearsAsync(run, "results")).Body!;

        ((bool)result["hasErrors"]!).ShouldBeTrue();
        var evidence = result["details"]!["evidence"]!.AsObject();
        evidence.ContainsKey("processesLeft").ShouldBeTrue();
        evidence["processesLeft"].ShouldBeNull();
        ((string)evidence["reason"]!).ShouldContain("the process that watched over the run was ended");
        (await Eventually.LinesAsync(runner.PathOf("pids"), count: 2)).ShouldAllBe(id => !RunnerUnderTest.IsAlive(id));
    }

    [Fact]
    public async Task A_runner_that_is_killed_takes_its_runs_with_it_and_the_next_one_says_so()
    {
        await using var place = await Place.CreateAsync();
        await using (var killed = await place.StartRunnerAsync())
        {
            place.Ledger.Enqueue(FakeRun.Of(Hide + "echo $$ > pids; exec sleep 600"));
            var pids = await Eventually.LinesAsync(place.PathOf("pids"));
            var hidden = await Eventually.LinesAsync(place.PathOf("hidden"));

            killed.Kill();

            await Eventually.ShouldAsync(() => pids.Concat(hidden).All(id => !RunnerUnderTest.IsAlive(id)), "everything of the run has ended");
        }

        await using var next = await place.StartRunnerAsync();

        await Eventually.ShouldAsync(
            () => next.Output.Contains("ended by its supervisor, 0 processes left", StringComparison.Ordinal), "the next runner reports it");
    }

    [Fact]
    public async Task What_outlived_runner_and_supervisor_is_ended_by_the_next_runner()
    {
        await using var place = await Place.CreateAsync();
        string[] pids;
        await using (var killed = await place.StartRunnerAsync())
        {
            var run = place.Ledger.Enqueue(FakeRun.Of("echo $$ > pids; setsid sleep 600 & echo $! >> pids; exec sleep 600"));
            pids = await Eventually.LinesAsync(place.PathOf("pids"), count: 2);
            var supervisors = killed.Supervisors;

            killed.Kill();
            supervisors.ToList().ForEach(id => Posix.Signal(id, Posix.Kill));
        }

        await using var next = await place.StartRunnerAsync();

        await Eventually.ShouldAsync(() => pids.All(id => !RunnerUnderTest.IsAlive(id)), "everything of the run has ended");
        await Eventually.ShouldAsync(() => next.Output.Contains("a runner that was killed left", StringComparison.Ordinal), "the next runner reports it");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_process_that_got_the_number_of_an_earlier_one_is_left_alone(bool isSameBoot)
    {
        using var bystander = Process.Start("sleep", "60");
        try
        {
            var identity = ProcessTree.Find(bystander.Id)!.Value.Identity;
            var recorded = isSameBoot ? identity with { StartTicks = identity.StartTicks - 1 } : identity;
            var record = new RunRecord
            {
                Boot = isSameBoot ? RunRecord.CurrentBoot : "another start of the machine",
                Mark = $"{ProcessGroup.Mark}={Guid.NewGuid()}",
                Supervisor = recorded,
                Leader = recorded,
                Seen = [recorded],
            };

            var (ended, _) = await record.EndLeftoverAsync(TimeProvider.System);

            ended.ShouldBe(0);
            bystander.HasExited.ShouldBeFalse();
        }
        finally
        {
            bystander.Kill();
        }
    }

    [Fact]
    public async Task A_run_beyond_its_limit_has_its_grace_period_even_if_the_ledger_gave_it_up()
    {
        await using var runner = await RunnerUnderTest.StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.Of(
            "trap 'echo asked > asked; while [ ! -e go ]; do sleep 0.01; done; echo tidied up; exit 4' INT; while :; do sleep 0.05; done",
            timeoutSeconds: 3));
        await Eventually.LinesAsync(runner.PathOf("asked"));

        runner.Ledger.Late[run.SequenceId] = true;
        var beats = runner.Ledger.Calls.Count(c => c.What == "heartbeat");
        await Eventually.ShouldAsync(() => runner.Ledger.Calls.Count(c => c.What == "heartbeat") > beats, "a heartbeat says so");
        await File.WriteAllTextAsync(runner.PathOf("go"), "");
        var details = (await runner.Ledger.HearsAsync(run, "results")).Body!["details"]!;

        ((bool)details["timedOut"]!).ShouldBeTrue();
        ((int)details["exitCode"]!).ShouldBe(4);
        ((string)details["log"]!).ShouldContain("tidied up");
        ((int)details["evidence"]!["processesLeft"]!).ShouldBe(0);
    }

    [Fact]
    public async Task A_run_can_be_interrupted_though_its_runner_was_started_in_the_background()
    {
        await using var place = await Place.CreateAsync();
        // A shell without job control lets what it starts in the background ignore SIGINT.
        await using var runner = await place.StartRunnerAsync(before: "trap '' INT QUIT HUP;");
        var run = place.Ledger.Enqueue(FakeRun.Of("trap 'echo tidy; exit 7' INT; echo $$ > pids; while :; do sleep 0.05; done"));
        await Eventually.LinesAsync(place.PathOf("pids"));

        await place.Ledger.SignalAsync(run, cancelId);
        var abort = (await place.Ledger.HearsAsync(run, "abort")).Body!;

        ((string?)abort["how"]).ShouldBe("graceful");
        ((int)abort["exitCode"]!).ShouldBe(7);
    }
}
