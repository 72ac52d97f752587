using Ledger.Http.Tests.Hosting;
using Ledger.Streams;
using Microsoft.Extensions.DependencyInjection;

namespace Ledger.Http.Tests.Dialects.Checkly.Live;

/// <summary>What a command line does: makes up a suite, subscribes to it, and schedules.</summary>
internal static class LiveResults
{
    public static Task<MqttTestClient> ConnectAsync(this RunningLedger ledger, string? key = null) =>
        MqttTestClient.ConnectAsync(ledger.Address, ledger.AccountId.ToString(), key ?? ledger.ApiKey);

    /// <summary>Connects and subscribes as the genuine client does.</summary>
    public static async Task<MqttTestClient> SubscribeAsync(this RunningLedger ledger, Guid suite)
    {
        var client = await ledger.ConnectAsync();
        (await client.SubscribeAsync(ledger.FilterOf(suite))).ShouldBe([0x00]);
        return client;
    }

    public static string FilterOf(this RunningLedger ledger, Guid suite, string rest = "+/+/+") =>
        $"account/{ledger.AccountId}/ad-hoc-check-results/{suite}/{rest}";

    /// <summary>Schedules a session for a suite, with one run of each type.</summary>
    public static Task<Triggered> ScheduleAsync(this RunningLedger ledger, Guid suite, params string[] checkTypes) =>
        ledger.ScheduleAsync(suite, checkTypes, "Checkout suite");

    /// <summary>The same, with a name of the checks.</summary>
    public static Task<Triggered> ScheduleAsync(this RunningLedger ledger, Guid suite, string[] checkTypes, string name) => ledger.Client.TriggerAsync(new
    {
        kind = "test",
        name = "Suite",
        metadata = new { checkRunSuiteId = suite.ToString() },
        runs = checkTypes.Select(checkType => new
        {
            checkType,
            name,
            location = "eu-central-1",
            spec = new { timeoutSeconds = 300 },
        }),
    });

    public static SimulatedRunner RunnerOf(this RunningLedger ledger) =>
        new(ledger.Services.GetRequiredService<SessionWriter>(), ledger.AccountId);

    public static async Task CancelAsync(this RunningLedger ledger, Triggered session) =>
        await ledger.Client.PostBodyAsync($"/ledger/sessions/{session.SessionId}/cancel", new { });

    /// <summary>Expects a message about a run.</summary>
    public static void ShouldBe(this Message message, RunningLedger ledger, Guid suite, Guid run, string subtopic) =>
        message.Topic.ShouldBe($"account/{ledger.AccountId}/ad-hoc-check-results/{suite}/{run}/{run}/{subtopic}");
}
