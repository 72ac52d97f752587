using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Stably;

/// <summary>
/// A run that was created and cancelled through Stably's endpoints, its process gone, as the genuine command line shows it. The command
/// line itself has no cancel (docs/dialects/stably.md#testing), so a plain request does that.
/// </summary>
[Collection(StablyTests.Name)]
public sealed class CancelledRunTests(StablyPlace place)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string project = $"prj_{Guid.NewGuid():N}";

    private LedgerProcess Ledger => place.Ledger;

    [Fact]
    public async Task It_is_shown_as_cancelled_and_nothing_of_it_is_left()
    {
        var mark = $"mark-{Guid.NewGuid():N}";
        await RegisterAsync(mark);
        var run = await CreateAsync();
        await Eventually.Become(() => StatusAsync(run), status => status == "RUNNING", Patience, "the run is running");
        await Eventually.Become(() => ProcessTable.Mentioning(mark).Count > 0, Patience, "its process is there");

        var cancel = await Ledger.PostAsync($"/v1/projects/{project}/runs/cancel", new { where = new { runId = run } });

        cancel.GetRawText().ShouldBe($$$"""{"cancelled":[{"runId":"{{{run}}}"}]}""");
        await Eventually.Become(() => StatusAsync(run), status => status == "CANCELLED", Patience, "the run has stopped");
        ProcessTable.Mentioning(mark).ShouldBeEmpty();
        var other = await CreateAsync();
        await Task.WhenAll(ListShowsItAsync(run, other), ViewShowsItAsync(run), JsonShowsItAsync(run), UnknownIsToldAsync(), DenialIsToldAsync());
    }

    private async Task ListShowsItAsync(string run, string other)
    {
        var list = await RunAsync("runs", "list", "--status", "cancelled", "--limit", "5");

        list.ExitCode.ShouldBe(0, list.Output);
        list.Output.ShouldContain(run);
        list.Output.ShouldContain("CANCELLED");
        list.Output.ShouldContain("main");
        list.Output.ShouldNotContain(other);
    }

    private async Task ViewShowsItAsync(string run)
    {
        var view = await RunAsync("runs", "view", run);

        view.ExitCode.ShouldBe(0, view.Output);
        view.Output.ShouldContain($"Run {run}");
        view.Output.ShouldContain("CANCELLED");
        view.Output.ShouldContain($"project/{project}/");
    }

    private async Task JsonShowsItAsync(string run)
    {
        var json = await RunAsync("runs", "view", run, "--json");

        json.ExitCode.ShouldBe(0, json.Output);
        var shown = JsonSerializer.Deserialize<JsonElement>(json.Output);
        shown.GetProperty("status").GetString().ShouldBe("CANCELLED");
        shown.GetProperty("durationMs").GetInt64().ShouldBeGreaterThan(0);
    }

    private async Task UnknownIsToldAsync()
    {
        var unknown = await RunAsync("runs", "view", "run_8f3kq2");

        unknown.ExitCode.ShouldBe(1);
        unknown.Output.ShouldContain("Run \"run_8f3kq2\" not found.");
    }

    private async Task DenialIsToldAsync()
    {
        var denied = await place.Cli.RunAsync(Ledger, "nobody-has-this-key", project, "runs", "list");

        denied.ExitCode.ShouldBe(1);
        denied.Output.ShouldContain("Access denied.");
    }

    private async Task RegisterAsync(string mark)
    {
        using var registered = await Ledger.Client.PutAsync(
            $"/ledger/checks/{Guid.NewGuid()}",
            new StringContent(JsonSerializer.Serialize(new
            {
                name = "Checkout suite",
                checkType = "PLAYWRIGHT",
                tags = new[] { $"project:{project}" },
                locations = new[] { StablyPlace.Location },
                spec = new { command = new[] { "sh", "-c", "sleep 600 & wait", mark } },
            })));
        registered.EnsureSuccessStatusCode();
    }

    private async Task<string> CreateAsync() =>
        (await Ledger.PostAsync($"/v1/projects/{project}/runs", new { branch = "main" })).GetProperty("runId").GetString()!;

    private async Task<string?> StatusAsync(string run) =>
        (await Ledger.GetAsync($"/v1/projects/{project}/runs/{run}")).GetProperty("status").GetString();

    private Task<CliOutcome> RunAsync(params string[] arguments) => place.Cli.RunAsync(Ledger, Ledger.Place.ApiKey, project, arguments);
}
