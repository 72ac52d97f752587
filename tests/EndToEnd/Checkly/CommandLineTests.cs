using System.Text.Json;
using Ledger.EndToEnd.Playwright;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Checkly;

/// <summary>
/// The genuine Checkly CLI against the ledger, with the supplied runner executing what it asks for
/// (docs/dialects/checkly-cli.md#running-it).
/// </summary>
[Collection(GenuineRuns.Name)]
public sealed class CommandLineTests(ChecklyPlace place)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task Ctrl_C_cancels_what_trigger_started()
    {
        await using var cli = await TriggerAsync();
        var sessionId = await place.BrowserRunsAsync(cli);

        cli.Interrupt();

        (await cli.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', cli.Output));
        cli.Output.ShouldContain("1 passed, 1 cancelled, 2 total");
        cli.Output.ShouldContain(line => line.StartsWith("Cancelling checks...", StringComparison.Ordinal));
        cli.Output.ShouldContain(line => line.StartsWith("Detailed session summary at: ", StringComparison.Ordinal));
        await CancelledOnceByTheCliAsync(sessionId);
        await NothingIsLeftAsync(sessionId);
    }

    [Fact]
    public async Task Ctrl_C_cancels_what_test_started_from_the_uploaded_bundle()
    {
        await using var cli = place.Project.Start(place.Ledger, ["test", "--reporter", "ci", "--env", $"CHROMIUM_PATH={place.Project.Chromium}"]);
        var sessionId = await place.BrowserRunsAsync(cli);
        var playwright = (await place.SessionAsync(sessionId)).GetProperty("runs").EnumerateArray().Single(ChecklyPlace.IsPlaywright);
        ProcessTable.Mentioning(playwright.GetProperty("sequenceId").GetString()!)
            .ShouldAllBe(line => !line.Contains(place.Project.Folder, StringComparison.Ordinal), "it runs from the bundle, not in place");

        cli.Interrupt();

        (await cli.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', cli.Output));
        cli.Output.ShouldContain("1 passed, 1 cancelled, 2 total");
        await CancelledOnceByTheCliAsync(sessionId);
        await NothingIsLeftAsync(sessionId);
    }

    [Fact]
    public async Task A_second_Ctrl_C_ends_the_client_and_the_cancel_still_stands()
    {
        // A run is running from the moment on that its command is about to begin: only the file says that it hears no more.
        var deafened = Path.Combine(Path.GetTempPath(), $"ledger-deaf-{Guid.NewGuid():n}");
        var deaf = await place.RegisterAsync("Deaf suite", "PLAYWRIGHT", new
        {
            command = new[] { "sh", "-c", $"trap '' INT; : > {deafened}; while true; do sleep 1; done" },
        });
        await using var cli = place.Project.Start(place.Ledger, ["trigger", "--reporter", "ci", "--check-id", $"{deaf}"]);
        await ChecklyPlace.PrintsAsync(cli, "Running ");
        var sessionId = await NewestSessionAsync();
        await Eventually.Become(() => File.Exists(deafened), Patience);
        File.Delete(deafened);

        cli.Interrupt();
        await Eventually.Become(async () => (await place.EventsAsync(sessionId, "cancel_acknowledged")).Count == 1, Patience);
        await Eventually.Become(() => InterruptUnlessOver(cli));

        cli.ExitCode.ShouldBe(1, string.Join('\n', cli.Output));
        var run = (await place.SettledAsync(sessionId)).GetProperty("runs")[0];
        ChecklyPlace.StateOf(run).ShouldBe("cancelled");
        run.GetProperty("cancel").GetProperty("how").GetString().ShouldBe("killed");
        await CancelledOnceByTheCliAsync(sessionId);
    }

    [Fact]
    public async Task A_cancel_by_plain_HTTP_ends_the_waiting_client()
    {
        await using var cli = await TriggerAsync();
        var sessionId = await place.BrowserRunsAsync(cli);

        (await Curl.CancelTestSessionAsync(place.Ledger, sessionId)).ShouldBe("204");

        (await cli.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', cli.Output));
        cli.Output.ShouldContain("1 passed, 1 cancelled, 2 total");
        (await Curl.CancelTestSessionAsync(place.Ledger, sessionId)).ShouldBe("204");
        (await Curl.CancelTestSessionAsync(place.Ledger, sessionId)).ShouldBe("204");
        (await place.EventsAsync(sessionId, "cancel_requested")).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_loses_its_connection_after_the_cancel_still_hears_the_end()
    {
        await using var link = BreakableLink.To(place.Ledger.Address);
        await using var cli = await TriggerAsync(link.Address);
        var sessionId = await place.BrowserRunsAsync(cli);

        link.Break();
        cli.Interrupt();
        await place.SettledAsync(sessionId);
        link.Mend();

        (await cli.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', cli.Output));
        cli.Output.ShouldContain("1 passed, 1 cancelled, 2 total");
    }

    [Fact]
    public async Task Stats_tell_of_the_runs_that_count_and_not_of_cancelled_ones()
    {
        var home = await place.RegisterApiAsync("Home API");
        var idle = await place.RegisterPlaywrightAsync("Idle suite");
        var triggered = await place.Ledger.PostAsync("/v2/check-sessions/trigger", new { target = new { checkId = new[] { home } } });
        await place.SettledAsync(triggered.GetProperty("sessions")[0].GetProperty("checkSessionId").GetString()!);
        var elsewhere = new[] { new { checkId = home, checkType = "PLAYWRIGHT", name = "Home", location = "nowhere" } };
        var cancelled = await place.Ledger.PostAsync("/ledger/sessions", new { kind = "check", name = "Home", runs = elsewhere });
        await place.Ledger.PostAsync($"/ledger/sessions/{cancelled.GetProperty("sessionId").GetString()}/cancel", new { });

        await using var cli = place.Project.Start(place.Ledger, ["checks", "stats", $"{home}", $"{idle}", "--output", "json"]);
        (await cli.ExitCodeAsync(Patience)).ShouldBe(0, string.Join('\n', cli.Output));

        var stats = JsonSerializer.Deserialize<JsonElement>(string.Join('\n', cli.Output)).GetProperty("data").EnumerateArray()
            .ToDictionary(check => check.GetProperty("checkId").GetGuid());
        stats[home].GetProperty("availability").GetDecimal().ShouldBe(100);
        stats[home].GetProperty("responseTime_avg").GetDecimal().ShouldBeInRange(0, 10_000); // The host answers itself within a millisecond.
        stats[home].GetProperty("status").GetString().ShouldBe("passing");
        stats[idle].GetProperty("availability").ValueKind.ShouldBe(JsonValueKind.Null);
    }

    [Fact]
    public async Task The_screen_says_why_checks_failed_and_the_links_on_it_lead_somewhere()
    {
        await using var cli = place.Project.Start(place.Ledger, ["test", "failing", "--reporter", "list"], withFailing: true);

        (await cli.ExitCodeAsync(Patience)).ShouldBe(1, string.Join('\n', cli.Output));
        cli.Output.ShouldContain(line => line.Contains("✖ status code equals target \"201\". Received: 200.", StringComparison.Ordinal));
        cli.Output.ShouldContain(line => line.Contains("executes no checks of type TCP", StringComparison.Ordinal));
        cli.Output.ShouldContain("2 failed, 2 total");
        var links = cli.Output.SelectMany(line => line.Split(' ')).Where(word => word.Contains("/accounts/", StringComparison.Ordinal)).Distinct().ToList();
        links.Count.ShouldBe(3, "one for the session, one for each result");
        foreach (var link in links)
        {
            (await place.Ledger.Client.GetAsync(new Uri(link).AbsolutePath)).StatusCode.ShouldBe(System.Net.HttpStatusCode.OK, link);
        }
    }

    [Fact]
    public async Task An_installation_that_fails_is_told_with_its_output()
    {
        await using var cli = place.Project.Start(
            place.Ledger, ["pw-test", "--install-command", "echo no such registry && false"]);

        (await cli.ExitCodeAsync(Patience)).ShouldBe(1, string.Join('\n', cli.Output));
        cli.Output.ShouldContain(line => line.Contains("no such registry", StringComparison.Ordinal));
        cli.Output.ShouldContain(line => line.Contains("the installation failed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ctrl_C_on_a_queued_run_ends_the_client_at_once()
    {
        await using var cli = place.Project.Start(place.Ledger, ["pw-test", "--location", ChecklyPlace.UnservedLocation]);
        await ChecklyPlace.PrintsAsync(cli, "1 scheduling");

        cli.Interrupt();

        // The client itself gives up waiting for starts only 20 seconds after the beginning.
        (await cli.ExitCodeAsync(TimeSpan.FromSeconds(12))).ShouldBe(0, string.Join('\n', cli.Output));
        cli.Output.ShouldContain("1 cancelled, 1 total");
    }

    [Fact]
    public async Task A_project_is_deployed_its_checks_are_run_and_what_is_gone_from_it_is_removed()
    {
        var preview = await RunAsync(["deploy", "--preview"], withFailing: true);
        preview.ShouldContain("Create:");
        preview.ShouldContain("    ApiCheck: wrong-api");

        var created = await RunAsync(["deploy", "--force", "--output"], withFailing: true);
        created.ShouldContain("    PlaywrightCheck: checkout-suite");
        created.ShouldContain("    CheckGroupV2: failing");
        created.ShouldContain(line => line.StartsWith("Successfully deployed project \"Shop\"", StringComparison.Ordinal));

        var run = await RunAsync(["checks", "run", "--tags", "failing,wrong"], exitCode: 1);
        run.ShouldContain(line => line.StartsWith("1 check session completed: 1 failed", StringComparison.Ordinal));

        var updated = await RunAsync(["deploy", "--force", "--output"]);
        updated.SkipWhile(line => line != "Delete:").ShouldContain("    Check: wrong-api");
        updated.SkipWhile(line => line != "Update and Unchanged:").ShouldContain("    ApiCheck: home-api");
        (await RunAsync(["checks", "list"])).ShouldNotContain(line => line.Contains("Wrong API", StringComparison.Ordinal));

        (await RunAsync(["destroy", "--force"])).ShouldContain(line => line.Contains("successfully deleted", StringComparison.Ordinal));
    }

    /// <summary>What a command prints that ends by itself.</summary>
    private async Task<IReadOnlyCollection<string>> RunAsync(string[] command, bool withFailing = false, int exitCode = 0)
    {
        await using var cli = place.Project.Start(place.Ledger, command, withFailing: withFailing);
        (await cli.ExitCodeAsync(Patience)).ShouldBe(exitCode, string.Join('\n', cli.Output));
        return cli.Output;
    }

    private async Task<ChildProcess> TriggerAsync(Uri? mqtt = null)
    {
        var suite = await place.RegisterPlaywrightAsync("Checkout suite");
        var home = await place.RegisterApiAsync("Home API");
        return place.Project.Start(
            place.Ledger, ["trigger", "--reporter", "ci", "--check-id", $"{suite}", "--check-id", $"{home}"], mqtt);
    }

    /// <summary>
    /// One that follows the first within 100 ms counts as the same (docs/dialects/checkly-cli.md#ctrl-c), so once may not be enough.
    /// </summary>
    private static bool InterruptUnlessOver(ChildProcess cli)
    {
        if (!cli.HasExited)
        {
            cli.Interrupt();
        }

        return cli.HasExited;
    }

    private async Task<string> NewestSessionAsync() =>
        (await place.Ledger.GetAsync("/v1/test-sessions?limit=1")).GetProperty("entries")[0].GetProperty("id").GetString()!;

    private async Task CancelledOnceByTheCliAsync(string sessionId)
    {
        var cancel = (await place.EventsAsync(sessionId, "cancel_requested")).ShouldHaveSingleItem();
        cancel.GetProperty("via").GetString().ShouldBe("checkly");
        cancel.GetProperty("cause").GetString().ShouldBe("user");
        cancel.GetProperty("origin").GetProperty("source").GetString().ShouldBe("CLI");
        cancel.GetProperty("origin").GetProperty("cliVersion").GetString().ShouldBe("9.5.0");
        var actor = cancel.GetProperty("actor");
        var triggered = (await place.EventsAsync(sessionId, "session_triggered")).Single().GetProperty("actor");
        JsonElement.DeepEquals(actor, triggered).ShouldBeTrue("the key that triggered is the key that cancelled");
        actor.GetProperty("kind").GetString().ShouldBe("apiKey");
    }

    private async Task NothingIsLeftAsync(string sessionId)
    {
        foreach (var run in (await place.SessionAsync(sessionId)).GetProperty("runs").EnumerateArray().Where(ChecklyPlace.IsPlaywright))
        {
            ChecklyPlace.StateOf(run).ShouldBe("cancelled");
            run.GetProperty("cancel").GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
            ProcessTable.Mentioning(run.GetProperty("sequenceId").GetString()!).ShouldBeEmpty();
        }
    }
}
