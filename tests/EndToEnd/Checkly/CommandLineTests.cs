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
        var deaf = await place.RegisterAsync("Deaf suite", "PLAYWRIGHT", new
        {
            command = new[] { "sh", "-c", "trap '' INT; while true; do sleep 1; done" },
        });
        await using var cli = place.Project.Start(place.Ledger, ["trigger", "--reporter", "ci", "--check-id", $"{deaf}"]);
        await ChecklyPlace.PrintsAsync(cli, "Running ");
        var sessionId = await NewestSessionAsync();
        await Eventually.Become(
            async () => ChecklyPlace.StateOf((await place.SessionAsync(sessionId)).GetProperty("runs")[0]) == "running", Patience);

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
        stats[home].GetProperty("responseTime_avg").GetDecimal().ShouldBeGreaterThan(0);
        stats[home].GetProperty("status").GetString().ShouldBe("passing");
        stats[idle].GetProperty("availability").ValueKind.ShouldBe(JsonValueKind.Null);
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
