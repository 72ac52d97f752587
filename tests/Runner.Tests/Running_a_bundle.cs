using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;
using Microsoft.AspNetCore.Http;

namespace Ledger.Runner.Tests;

public sealed class Running_a_bundle
{
    private static readonly byte[] Project = Archive.Project().Bytes();
    private static readonly string[] NoInstallation = ["true"];

    [Fact]
    public async Task The_command_runs_inside_the_bundle_after_the_installation_and_nothing_of_it_stays()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = Shell("echo installing; echo from the installation > installed"),
            command = Shell("cat installed && ./hello.sh"),
            workingDirectory = "tests/",
        }));

        var result = await runner.Ledger.FinalAsync(run);

        ((bool)result["hasErrors"]!).ShouldBeFalse();
        ((bool)result["hasFailures"]!).ShouldBeFalse();
        runner.Ledger.Told(run).ShouldBe(["start", "results"]);
        var log = (string)result["details"]!["log"]!;
        log.ShouldContain("installing");
        log.ShouldContain("from the installation");
        var place = log.Split('\n').First(line => line.StartsWith("hello from", StringComparison.Ordinal))["hello from ".Length..];
        place.ShouldStartWith(runner.Options.DataDirectory);
        place.ShouldEndWith("/bundle/tests");
        await Eventually.ShouldAsync(() => !Directory.Exists(Path.GetDirectoryName(place)), "the bundle is deleted");
    }

    [Theory]
    [InlineData("../..")]
    [InlineData("/tmp")]
    [InlineData("tests/../../..")]
    public async Task A_working_directory_outside_of_the_bundle_is_an_error(string workingDirectory)
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = NoInstallation,
            command = Trace(runner),
            workingDirectory,
        }));

        await ShouldBeAnErrorAsync(runner, run, "leads outside of the bundle");
    }

    [Fact]
    public async Task A_bundle_that_is_not_what_the_run_names_is_an_error()
    {
        await using var runner = await StartAsync();
        runner.Ledger.Bundles["p1"] = Archive.Project().File("more", "x").Bytes();
        var other = (byte[])runner.Ledger.Bundles["p1"].Clone();
        other[^1] ^= 1;
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", other), command = Trace(runner) }));

        await ShouldBeAnErrorAsync(runner, run, "its SHA-256 differs");
    }

    [Fact]
    public async Task A_bundle_that_is_larger_than_the_run_says_is_an_error()
    {
        await using var runner = await StartAsync();
        runner.Ledger.Bundles["p1"] = [.. Project, .. new byte[100_000]];
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", Project), command = Trace(runner) }));

        await ShouldBeAnErrorAsync(runner, run, $"more than {Project.Length} bytes");
    }

    [Fact]
    public async Task A_bundle_that_is_larger_than_this_runner_takes_is_an_error()
    {
        await using var runner = await StartAsync(o => o.Bundles = o.Bundles with { ArchiveBytes = 10 });
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", Project), command = Trace(runner) }));

        await ShouldBeAnErrorAsync(runner, run, "this runner takes 10 at most");
    }

    [Fact]
    public async Task A_bundle_that_is_gone_is_an_error()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("gone", Project), command = Trace(runner) }));

        await ShouldBeAnErrorAsync(runner, run, "the bundle cannot be fetched: 404");
    }

    [Fact]
    public async Task A_bundle_that_reaches_outside_is_an_error_and_nothing_is_executed()
    {
        var evil = new Archive().File("package.json", "{}").File("../../../../evil", "x").Bytes();
        await using var runner = await StartAsync(prepare: l => l.Bundles["evil"] = evil);
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("evil", evil),
            install = Trace(runner),
            command = Trace(runner),
        }));

        await ShouldBeAnErrorAsync(runner, run, "leads outside of it");
        Directory.GetFileSystemEntries(runner.Options.WorkDirectory, "evil", SearchOption.AllDirectories).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_ledger_that_is_busy_is_asked_again()
    {
        await using var runner = await StartAsync();
        var asked = 0;
        runner.Ledger.Script = c => c.What == "p1" && Interlocked.Increment(ref asked) < 3 ? Results.StatusCode(503) : null;
        var run = runner.Ledger.Enqueue(Hello());

        var result = await runner.Ledger.FinalAsync(run);

        ((bool)result["hasFailures"]!).ShouldBeFalse();
        ((string)result["details"]!["log"]!).ShouldContain("hello from");
        asked.ShouldBe(3);
    }

    [Fact]
    public async Task A_download_that_breaks_off_is_begun_again()
    {
        await using var runner = await StartAsync();
        var asked = 0;
        runner.Ledger.Script = c => c.What == "p1" && Interlocked.Increment(ref asked) == 1 ? new Broken() : null;
        var run = runner.Ledger.Enqueue(Hello());

        ((string)(await runner.Ledger.FinalAsync(run))["details"]!["log"]!).ShouldContain("hello from");
    }

    [Fact]
    public async Task A_failing_installation_is_an_error_with_what_it_said()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = Shell("echo no such package; exit 4"),
            command = Trace(runner),
        }));

        var result = await ShouldBeAnErrorAsync(runner, run, "the installation failed: sh -c");

        ((int)result["details"]!["exitCode"]!).ShouldBe(4);
        ((string)result["details"]!["log"]!).ShouldContain("no such package");
    }

    [Fact]
    public async Task A_bundle_beside_an_image_is_an_error()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new { bundle = Archive.Bundle("p1", Project), image = "example/image:1" }));

        await ShouldBeAnErrorAsync(runner, run, "spec.image stands beside a bundle");
    }

    [Fact]
    public void What_is_in_a_bundle_says_how_it_is_installed()
    {
        var root = Directory.CreateTempSubdirectory("ledger-install-").FullName;
        try
        {
            var inner = Directory.CreateDirectory(Path.Combine(root, "packages", "e2e")).FullName;
            Installation.For(root, inner).ShouldBeNull();
            File.WriteAllText(Path.Combine(inner, "package.json"), "{}");
            Installation.For(root, inner)!.ShouldSatisfyAllConditions(
                i => i.Command.Take(2).ShouldBe(["npm", "install"]), i => i.Directory.ShouldBe(inner));
            File.WriteAllText(Path.Combine(root, "yarn.lock"), "");
            Installation.For(root, inner)!.ShouldSatisfyAllConditions(
                i => i.Command[0].ShouldBe("yarn"), i => i.Directory.ShouldBe(root));
            File.WriteAllText(Path.Combine(root, "pnpm-lock.yaml"), "");
            Installation.For(root, inner)!.Command[0].ShouldBe("pnpm");
            File.WriteAllText(Path.Combine(inner, "package-lock.json"), "{}");
            Installation.For(root, inner)!.ShouldSatisfyAllConditions(
                i => i.Command.Take(2).ShouldBe(["npm", "ci"]), i => i.Directory.ShouldBe(inner));
            Directory.CreateDirectory(Path.Combine(root, "node_modules"));
            Installation.For(root, inner).ShouldBeNull();
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public async Task What_a_killed_runner_left_behind_is_deleted_and_what_a_living_one_has_is_not()
    {
        FileStream? living = null;
        await using var runner = await StartAsync(options =>
        {
            var runs = Path.Combine(options.DataDirectory, "runs");
            Directory.CreateDirectory(Path.Combine(runs, "dead", "bundle", "read-only"));
            File.WriteAllText(Path.Combine(runs, "dead.lock"), "");
            Directory.CreateDirectory(Path.Combine(runs, "living", "bundle"));
            living = new FileStream(Path.Combine(runs, "living.lock"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
        });
        var all = Path.Combine(runner.Options.DataDirectory, "runs");

        await Eventually.ShouldAsync(() => !File.Exists(Path.Combine(all, "dead.lock")), "the left-over is deleted");

        Directory.Exists(Path.Combine(all, "dead")).ShouldBeFalse();
        Directory.Exists(Path.Combine(all, "living", "bundle")).ShouldBeTrue();
        await living!.DisposeAsync();
    }

    private static FakeRun Hello() => FakeRun.With(new
    {
        bundle = Archive.Bundle("p1", Project),
        install = NoInstallation,
        command = Shell("tests/hello.sh"),
    });

    private static string[] Shell(string script) => ["sh", "-c", script];

    // Leaves a trace where a test finds it, if it runs at all.
    private static string[] Trace(RunnerUnderTest runner) => Shell($"echo ran >> {runner.PathOf("trace")}");

    private static async Task<JsonNode> ShouldBeAnErrorAsync(RunnerUnderTest runner, FakeRun run, string message)
    {
        var result = await runner.Ledger.FinalAsync(run);
        ((bool)result["hasErrors"]!).ShouldBeTrue();
        ((bool)result["isCancelled"]!).ShouldBeFalse();
        ((string)result["details"]!["message"]!).ShouldContain(message);
        File.Exists(runner.PathOf("trace")).ShouldBeFalse();
        return result;
    }

    private static Task<RunnerUnderTest> StartAsync(
        Action<RunnerOptions>? change = null, Action<FakeLedger>? prepare = null) =>
        RunnerUnderTest.StartAsync(change, ledger =>
        {
            ledger.Bundles["p1"] = Project;
            prepare?.Invoke(ledger);
        });

    /// <summary>Promises all of it and ends in the middle.</summary>
    private sealed class Broken : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.ContentLength = Project.Length;
            await httpContext.Response.Body.WriteAsync(Project.AsMemory(0, 10));
            await httpContext.Response.Body.FlushAsync();
            httpContext.Abort();
        }
    }
}
