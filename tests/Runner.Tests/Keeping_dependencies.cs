using System.Text.Json.Nodes;
using Ledger.Runner.Tests.Fakes;

namespace Ledger.Runner.Tests;

public sealed class Keeping_dependencies
{
    private static readonly byte[] Project = Archive.Project().File("packages/e2e/package.json", "{}").Bytes();

    [Fact]
    public async Task What_was_installed_once_is_not_installed_again()
    {
        await using var runner = await StartAsync();

        await PassesAsync(runner, Install(runner, "k1"));
        await PassesAsync(runner, Install(runner, "k1"));

        (await File.ReadAllLinesAsync(runner.PathOf("installations"))).Length.ShouldBe(1);
    }

    [Fact]
    public async Task A_run_sees_neither_what_another_changed_nor_what_another_broke()
    {
        await using var runner = await StartAsync();
        await PassesAsync(runner, Install(runner, "k1", "echo changed > node_modules/a/index.js; rm -r packages/e2e/node_modules"));

        await PassesAsync(runner, Install(runner, "k1", "echo changed > node_modules/a/index.js"));
        await PassesAsync(runner, Install(runner, "k1"));
    }

    [Fact]
    public async Task Two_runs_of_one_key_at_once_do_not_disturb_each_other()
    {
        await using var runner = await StartAsync(o => o.Max = 6);
        var runs = Enumerable.Range(0, 6).Select(_ => Install(runner, "k1")).ToList();

        foreach (var run in runs)
        {
            await PassesAsync(runner, run);
        }

        await PassesAsync(runner, Install(runner, "k1"));
        (await File.ReadAllLinesAsync(runner.PathOf("installations"))).Length.ShouldBeInRange(1, 6);
        Kept(runner).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_kept_is_ignored_and_replaced_on_request()
    {
        await using var runner = await StartAsync();
        await PassesAsync(runner, Install(runner, "k1"));

        await PassesAsync(runner, Install(runner, "k1", refreshCache: true));
        await PassesAsync(runner, Install(runner, "k1"));

        (await File.ReadAllLinesAsync(runner.PathOf("installations"))).Length.ShouldBe(2);
        Kept(runner).ShouldBe(1);
    }

    [Fact]
    public async Task Only_so_many_keys_are_kept_and_the_last_used_ones_stay()
    {
        await using var runner = await StartAsync(o => o.KeptDependencies = 2);
        foreach (var key in new[] { "k1", "k2", "k1", "k3", "k1" })
        {
            await PassesAsync(runner, Install(runner, key));
        }

        Kept(runner).ShouldBe(2);
        (await File.ReadAllLinesAsync(runner.PathOf("installations"))).ShouldBe(["k1", "k2", "k3"]);
    }

    [Fact]
    public async Task A_failed_installation_is_not_kept()
    {
        await using var runner = await StartAsync();
        var run = runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = new[] { "sh", "-c", "mkdir node_modules; exit 1" },
            command = new[] { "true" },
            cacheKey = "k1",
        }));

        ((bool)(await runner.Ledger.FinalAsync(run))["hasErrors"]!).ShouldBeTrue();
        Kept(runner).ShouldBe(0);
    }

    [Fact]
    public async Task A_kept_installation_that_is_damaged_is_made_again()
    {
        await using var runner = await StartAsync();
        await PassesAsync(runner, Install(runner, "k1"));
        var entry = Directory.GetDirectories(Path.Combine(runner.Options.DataDirectory, "kept")).Single();
        Directory.Delete(Path.Combine(entry, "tree"), recursive: true);

        await PassesAsync(runner, Install(runner, "k1"));

        (await File.ReadAllLinesAsync(runner.PathOf("installations"))).Length.ShouldBe(2);
    }

    // Installs two packages with a link between them; the command looks whether all of it is there.
    private static FakeRun Install(RunnerUnderTest runner, string key, string more = "true", bool refreshCache = false)
    {
        const string packages =
            """
            mkdir -p node_modules/a node_modules/.bin packages/e2e/node_modules
            echo original > node_modules/a/index.js
            ln -s ../a/index.js node_modules/.bin/a
            ln -s ../../../node_modules/a packages/e2e/node_modules/a
            """;
        const string check =
            """
            test "$(cat node_modules/.bin/a)" = original && test "$(cat packages/e2e/node_modules/a/index.js)" = original
            """;
        return runner.Ledger.Enqueue(FakeRun.With(new
        {
            bundle = Archive.Bundle("p1", Project),
            install = new[] { "sh", "-c", $"echo $KEY >> \"$TRACE\"\n{packages}" },
            command = new[] { "sh", "-c", $"{check}\ncode=$?\n{more}\nexit $code" },
            environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["KEY"] = key, ["TRACE"] = runner.PathOf("installations") },
            cacheKey = key,
            refreshCache = refreshCache ? true : (bool?)null,
        }));
    }

    private static async Task PassesAsync(RunnerUnderTest runner, FakeRun run)
    {
        JsonNode result = await runner.Ledger.FinalAsync(run);
        ((bool)result["hasErrors"]!).ShouldBeFalse((string?)result["details"]!["message"]);
        ((bool)result["hasFailures"]!).ShouldBeFalse((string?)result["details"]!["log"]);
    }

    private static int Kept(RunnerUnderTest runner)
    {
        var all = Path.Combine(runner.Options.DataDirectory, "kept");
        return Directory.Exists(all) ? Directory.GetDirectories(all).Length : 0;
    }

    private static Task<RunnerUnderTest> StartAsync(Action<RunnerOptions>? change = null) =>
        RunnerUnderTest.StartAsync(change, l => l.Bundles["p1"] = Project);
}
