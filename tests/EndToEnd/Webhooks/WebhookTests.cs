using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Ledger.EndToEnd.Processes;
using Ledger.Support;

namespace Ledger.EndToEnd.Webhooks;

/// <summary>
/// Webhooks as a receiver sees them that verifies with npm's <c>standardwebhooks</c> (docs/webhooks.md): genuine, at least once, the same
/// on every attempt (docs/domain.md#p14), and none for a cancelled run (docs/domain.md#p6).
/// </summary>
public sealed class WebhookTests(ReceiverProject receivers) : IClassFixture<ReceiverProject>, IDisposable
{
    private const string First = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private const string Second = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    private const string Runner = "runner-1";

    private readonly LedgerPlace place = new()
    {
        Arguments =
        [
            "--Ledger:Webhooks:AllowPrivateAddresses=true", "--Ledger:Webhooks:RetrySeconds:0=1", "--Ledger:Webhooks:RetrySeconds:1=1",
            "--Ledger:Webhooks:TimeoutSeconds=5",
        ],
    };

    private string Folder => receivers.Folder;

    public void Dispose() => place.Dispose();

    [Fact]
    public async Task A_failure_is_sent_signed_and_again_with_the_same_id_until_it_is_taken()
    {
        await using var receiver = await WebhookReceiver.StartAsync(Folder, $"{First},{Second}", "500,200");
        await using var ledger = await LedgerProcess.StartAsync(place);
        await PutAsync(ledger, receiver);
        var checkId = await FailAsync(ledger);
        await Eventually.Become(() => receiver.All.Count == 2);

        receiver.All.Select(got => (got.Id, got.Body)).Distinct().ShouldHaveSingleItem();
        receiver.All.ShouldAllBe(got => got.Verified[0] && !got.Verified[1] && !got.Forged);
        var body = JsonSerializer.Deserialize<JsonElement>(receiver.All[0].Body);
        body.GetProperty("type").GetString().ShouldBe("alert.failure");
        body.GetProperty("data").GetProperty("checkId").GetGuid().ShouldBe(checkId);
        var delivery = await DeliveredAsync(ledger);
        delivery.GetProperty("webhookId").GetString().ShouldBe(receiver.All[0].Id);
        delivery.GetProperty("attempts").EnumerateArray().Select(attempt => attempt.GetProperty("status").GetInt32()).ShouldBe([500, 200]);

        await ledger.PostAsync("/ledger/alert-channels/ops/rotate-secret", new { secret = Second });
        await FailAsync(ledger);
        await Eventually.Become(() => receiver.All.Count == 3);
        receiver.All[2].Verified.ShouldBe([true, true]);
    }

    [Fact]
    public async Task A_host_that_is_killed_while_it_sends_sends_the_same_again_and_nothing_for_a_cancelled_run()
    {
        await using var receiver = await WebhookReceiver.StartAsync(Folder, First, "hang,200");
        string id;
        await using (var killed = await LedgerProcess.StartAsync(place))
        {
            await PutAsync(killed, receiver);
            await CancelAsync(killed);
            await FailAsync(killed);
            await Eventually.Become(() => receiver.All.Count == 1, expectation: "the webhook has come, and nobody knows");
            id = receiver.All[0].Id;
            await killed.KillAsync();
        }

        await using var ledger = await LedgerProcess.StartAsync(place);
        var delivery = await DeliveredAsync(ledger, TimeSpan.FromSeconds(90));

        receiver.All.Select(got => got.Id).ShouldBe([id, id]);
        receiver.All[1].Body.ShouldBe(receiver.All[0].Body);
        receiver.All[1].Verified.ShouldBe([true]);
        delivery.GetProperty("webhookId").GetString().ShouldBe(id);
        (await ledger.GetAsync("/ledger/alert-channels/ops/deliveries")).GetProperty("entries").GetArrayLength().ShouldBe(1);
    }

    private static async Task PutAsync(LedgerProcess ledger, WebhookReceiver receiver)
    {
        using var put = await ledger.Client.PutAsJsonAsync(
            "/ledger/alert-channels/ops", new { url = receiver.Url, events = new[] { "alert.failure" }, secret = First });
        put.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private static Task<JsonElement> DeliveredAsync(LedgerProcess ledger, TimeSpan? patience = null) => Eventually.Become(
        async () => (await ledger.GetAsync("/ledger/alert-channels/ops/deliveries")).GetProperty("entries")[0],
        delivery => delivery.GetProperty("state").GetString() == "delivered",
        patience);

    /// <summary>Has a runner fail a check; the check's id.</summary>
    private static async Task<Guid> FailAsync(LedgerProcess ledger)
    {
        var (checkId, session, run) = await StartAsync(ledger);
        await ReportAsync(ledger, $"/ledger/sessions/{session}/runs/{run}/results", new { resultType = "FINAL", hasFailures = true });
        return checkId;
    }

    /// <summary>Has a run fail once, and be cancelled before it is settled.</summary>
    private static async Task CancelAsync(LedgerProcess ledger)
    {
        var (_, session, run) = await StartAsync(ledger);
        var path = $"/ledger/sessions/{session}/runs/{run}";
        await ReportAsync(ledger, $"{path}/results", new { resultType = "ATTEMPT", hasFailures = true });
        var cancel = await ledger.PostAsync($"/ledger/sessions/{session}/cancel", new { reason = "no longer needed" });
        await ReportAsync(ledger, $"{path}/abort", new { cancelId = cancel.GetProperty("cancelId").GetGuid(), how = "graceful" });
    }

    private static async Task<(Guid CheckId, string Session, string Run)> StartAsync(LedgerProcess ledger)
    {
        var checkId = Guid.NewGuid();
        var made = await ledger.PostAsync("/ledger/sessions", new
        {
            kind = "check",
            name = "Checkout",
            runs = new[] { new { checkId, checkType = "PLAYWRIGHT", name = "checkout", location = "eu-central-1" } },
        });
        await ledger.PostAsync($"/ledger/runners/{Runner}/claims", new { locations = new[] { "eu-central-1" }, checkTypes = new[] { "PLAYWRIGHT" }, waitSeconds = 20 });
        return (checkId, made.GetProperty("sessionId").GetString()!, made.GetProperty("runs")[0].GetProperty("sequenceId").GetString()!);
    }

    private static async Task ReportAsync(LedgerProcess ledger, string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Ledger-Runner", Runner);
        using var response = await ledger.Client.SendAsync(request);
        response.IsSuccessStatusCode.ShouldBeTrue($"{path}: {response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}

/// <summary>The receiver's packages, installed once.</summary>
public sealed class ReceiverProject : IAsyncLifetime
{
    internal string Folder { get; private set; } = "";

    public async Task InitializeAsync() => Folder = await NpmProject.InstallAsync("ledger-webhooks-", ["Webhooks/receiver"]);

    public Task DisposeAsync()
    {
        Directory.Delete(Folder, recursive: true);
        return Task.CompletedTask;
    }
}
