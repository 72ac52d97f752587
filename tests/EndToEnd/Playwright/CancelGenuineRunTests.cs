using System.Text.Json;
using Ledger.EndToEnd.Checkly;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Playwright;

/// <summary>A genuine Playwright project, executed by the supplied runner over two locations and cancelled as Checkly documents it.</summary>
[Collection(GenuineRuns.Name)]
public sealed class CancelGenuineRunTests(ChecklyPlace place)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Once it exists, the endless test ends.
    private readonly string releaseFile = Path.Combine(place.Project.Folder, $"release-{Guid.NewGuid():N}");

    private LedgerProcess Ledger => place.Ledger;

    [Fact]
    public async Task A_cancelled_session_stops_everywhere_and_leaves_no_process()
    {
        var sessionId = await TriggerAsync();
        await BrowsersRunAsync(sessionId);

        (await Curl.CancelAsync(Ledger, sessionId)).ShouldBe("204");

        var session = await SettledAsync(sessionId);
        ProcessTable.Mentioning(place.Project.Folder).ShouldBeEmpty();
        foreach (var run in session.GetProperty("runs").EnumerateArray())
        {
            run.GetProperty("state").GetString().ShouldBe("cancelled");
            run.GetProperty("cancel").GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
            run.GetProperty("cancel").GetProperty("via").GetString().ShouldBe("checkly");
            await FiveFactsStandInOrderAsync(sessionId, run.GetProperty("sequenceId").GetString()!);
        }

        (await StatusAsync("v2", sessionId)).ShouldBe("CANCELLED");
        (await StatusAsync("v1", sessionId)).ShouldBe("TIMED_OUT");
    }

    [Fact]
    public async Task A_cancelled_location_leaves_the_other_to_its_real_result()
    {
        var sessionId = await TriggerAsync();
        var running = await BrowsersRunAsync(sessionId);
        var european = running.GetProperty("runs").EnumerateArray().Single(IsEuropean).GetProperty("sequenceId").GetString()!;

        (await Curl.CancelAsync(Ledger, sessionId, european)).ShouldBe("204");
        await Eventually.Become(
            async () => StateOf(await SessionAsync(sessionId), european), state => state == "cancelled", Patience, "europe is cancelled");
        await File.WriteAllTextAsync(releaseFile, "");

        var session = await SettledAsync(sessionId);
        var other = session.GetProperty("runs").EnumerateArray().Single(run => !IsEuropean(run));
        other.GetProperty("state").GetString().ShouldBe("passed");
        other.GetProperty("result").GetProperty("isCancelled").GetBoolean().ShouldBeFalse();
        other.GetProperty("cancel").ValueKind.ShouldBe(JsonValueKind.Null);
        ProcessTable.Mentioning(place.Project.Folder).ShouldBeEmpty();
        (await StatusAsync("v2", sessionId)).ShouldBe("CANCELLED");
        (await StatusAsync("v1", sessionId)).ShouldBe("TIMED_OUT");
    }

    private static bool IsEuropean(JsonElement run) => run.GetProperty("location").GetString() == "eu-central-1";

    private static string? StateOf(JsonElement session, string sequenceId) => session.GetProperty("runs").EnumerateArray()
        .Single(run => run.GetProperty("sequenceId").GetString() == sequenceId)
        .GetProperty("state").GetString();

    private async Task<string> TriggerAsync()
    {
        var checkId = Guid.NewGuid();
        using var registered = await Ledger.Client.PutAsync(
            $"/ledger/checks/{checkId}",
            new StringContent(JsonSerializer.Serialize(new
            {
                name = "Checkout suite",
                checkType = "PLAYWRIGHT",
                tags = Array.Empty<string>(),
                locations = new[] { ChecklyPlace.Location, ChecklyPlace.OtherLocation },
                spec = place.Project.PlaywrightSpec(releaseFile),
            })));
        registered.EnsureSuccessStatusCode();
        var triggered = await Ledger.PostAsync("/v2/check-sessions/trigger", new { target = new { checkId = new[] { checkId } } });
        return triggered.GetProperty("sessions")[0].GetProperty("checkSessionId").GetString()!;
    }

    /// <summary>Waits until both locations run, each with a browser of its own.</summary>
    private async Task<JsonElement> BrowsersRunAsync(string sessionId)
    {
        var session = await Eventually.Become(
            () => SessionAsync(sessionId),
            seen => seen.GetProperty("runs").EnumerateArray().All(run => run.GetProperty("state").GetString() == "running"),
            Patience,
            "both locations run");
        foreach (var run in session.GetProperty("runs").EnumerateArray())
        {
            var sequenceId = run.GetProperty("sequenceId").GetString()!;
            await Eventually.Become(
                () => ProcessTable.Mentioning(sequenceId).Any(line => line.Contains("chrom", StringComparison.Ordinal)),
                Patience,
                "a browser runs");
        }

        return session;
    }

    private Task<JsonElement> SettledAsync(string sessionId) => Eventually.Become(
        () => SessionAsync(sessionId),
        session => session.GetProperty("settledAt").ValueKind is JsonValueKind.String,
        Patience,
        "the session is settled");

    private Task<JsonElement> SessionAsync(string sessionId) => Ledger.GetAsync($"/ledger/sessions/{sessionId}");

    private async Task<string?> StatusAsync(string version, string sessionId) =>
        (await Ledger.GetAsync($"/{version}/check-sessions/{sessionId}/completion")).GetProperty("status").GetString();

    private async Task FiveFactsStandInOrderAsync(string sessionId, string sequenceId)
    {
        var events = await Ledger.GetAsync($"/ledger/sessions/{sessionId}/events");
        var facts = events.EnumerateArray()
            .Where(e => Concerns(e.GetProperty("data"), sequenceId))
            .Select(e => e.GetProperty("type").GetString())
            .ToList();
        facts.Take(6).ShouldBe(["run_claimed", "run_started", "cancel_requested", "cancel_delivered", "cancel_acknowledged", "run_aborted"]);
    }

    private static bool Concerns(JsonElement data, string sequenceId) =>
        (data.TryGetProperty("sequenceId", out var run) && run.GetString() == sequenceId)
        || (data.TryGetProperty("targets", out var targets) && targets.EnumerateArray().Any(target => target.GetString() == sequenceId));
}
