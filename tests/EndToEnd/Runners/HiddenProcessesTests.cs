using System.Text.Json;
using Ledger.EndToEnd.Playwright;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Runners;

/// <summary>A run that hides a process from its runner, cancelled as Checkly documents it.</summary>
public sealed class HiddenProcessesTests : IAsyncLifetime
{
    private const string Location = "eu-central-1";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly LedgerPlace place = new();
    private LedgerProcess ledger = null!;
    private RunnerProcess runner = null!;

    public async Task InitializeAsync()
    {
        ledger = await LedgerProcess.StartAsync(place);
        runner = RunnerProcess.Start(ledger, Location, place.Directory);
    }

    public async Task DisposeAsync()
    {
        await runner.DisposeAsync();
        await ledger.DisposeAsync();
        place.Dispose();
    }

    [Fact]
    public async Task A_cancel_ends_a_process_without_environment_session_and_parent_before_it_says_that_nothing_is_left()
    {
        var name = $"hidden-{Guid.NewGuid():N}";
        var sessionId = await TriggerAsync($"env -i /usr/bin/setsid -f /bin/sh -c 'sleep 600; true {name}'; sleep 600; true");
        await Eventually.Become(() => Hidden(name).Any(), Patience, "the hidden process runs");

        (await Curl.CancelAsync(ledger, sessionId)).ShouldBe("204");

        var session = await Eventually.Become(
            () => ledger.GetAsync($"/ledger/sessions/{sessionId}"),
            seen => seen.GetProperty("settledAt").ValueKind is JsonValueKind.String,
            Patience,
            "the session is settled");
        var cancel = session.GetProperty("runs")[0].GetProperty("cancel");
        cancel.GetProperty("evidence").GetProperty("processesLeft").GetInt32().ShouldBe(0);
        ProcessTable.Mentioning(name).ShouldBeEmpty();
    }

    // The supervisor's command and the run's own shell name it too.
    private static IEnumerable<string> Hidden(string name) =>
        ProcessTable.Mentioning(name).Where(line => line.Contains("/bin/sh -c sleep 600", StringComparison.Ordinal));

    private async Task<string> TriggerAsync(string script)
    {
        var checkId = Guid.NewGuid();
        using var registered = await ledger.Client.PutAsync(
            $"/ledger/checks/{checkId}",
            new StringContent(JsonSerializer.Serialize(new
            {
                name = "Checkout suite",
                checkType = "PLAYWRIGHT",
                tags = Array.Empty<string>(),
                locations = new[] { Location },
                spec = new { command = new[] { "sh", "-c", script } },
            })));
        registered.EnsureSuccessStatusCode();
        var triggered = await ledger.PostAsync("/v2/check-sessions/trigger", new { target = new { checkId = new[] { checkId } } });
        return triggered.GetProperty("sessions")[0].GetProperty("checkSessionId").GetString()!;
    }
}
