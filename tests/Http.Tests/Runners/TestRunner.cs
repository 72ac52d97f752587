using System.Net;
using System.Text.Json;
using Ledger.Http.Tests.Hosting;

namespace Ledger.Http.Tests.Runners;

/// <summary>The runner's side of the interface, call by call.</summary>
internal sealed class TestRunner(HttpClient client, string id)
{
    public string Id => id;

    public Task<Answer> AskAsync(string location, int waitSeconds = 0, int max = 1) => client.PostBodyAsync(
        $"/ledger/runners/{id}/claims", new { locations = new[] { location }, checkTypes = Array.Empty<string>(), max, waitSeconds });

    /// <summary>Claims, and gives the runs that it got.</summary>
    public async Task<IReadOnlyList<JsonElement>> ClaimAsync(string location, int waitSeconds = 0, int max = 1)
    {
        var answer = await AskAsync(location, waitSeconds, max);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return [.. answer.Body.GetProperty("runs").EnumerateArray()];
    }

    /// <summary>Claims again, saying which runs it has received.</summary>
    public async Task<IReadOnlyList<JsonElement>> ClaimAgainAsync(string location, int max, params Guid[] holds)
    {
        var answer = await client.PostBodyAsync(
            $"/ledger/runners/{id}/claims", new { locations = new[] { location }, checkTypes = Array.Empty<string>(), max, holds });
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body.ToString());
        return [.. answer.Body.GetProperty("runs").EnumerateArray()];
    }

    public Task<Answer> StartAsync(Guid session, Guid run) => TellAsync(session, run, "start", null);

    public Task<Answer> HeartbeatAsync(Guid session, Guid run) => TellAsync(session, run, "heartbeat", null);

    public Task<Answer> AcknowledgeAsync(Guid session, Guid run, Guid cancelId) =>
        TellAsync(session, run, "cancel-acknowledgement", new { cancelId });

    public Task<Answer> AbortAsync(Guid session, Guid run, Guid cancelId) => TellAsync(
        session,
        run,
        "abort",
        new { cancelId, how = "graceful", exitCode = 130, signal = "SIGINT", durationMs = 120, evidence = new { processesLeft = 0 } });

    public Task<Answer> ReportAsync(Guid session, Guid run, bool isCancelled = false, Guid? resultId = null) => TellAsync(
        session, run, "results", new { resultId, resultType = "FINAL", hasFailures = false, isCancelled, responseTime = 1200 });

    /// <summary>Asks for the cancel of what it holds, since it shuts down.</summary>
    public Task<Answer> TellShutdownAsync(Triggered session) => client.PostBodyAsync(
        $"/ledger/sessions/{session.SessionId}/cancel", new { sequenceIds = session.Runs, cause = "shutdown" }, ("Ledger-Runner", id));

    public Task<Answer> TellAsync(Guid session, Guid run, string what, object? body) =>
        client.PostBodyAsync($"/ledger/sessions/{session}/runs/{run}/{what}", body, ("Ledger-Runner", id));

    /// <summary>Claims and starts the one run that is queued at a location.</summary>
    public async Task TakeAsync(Triggered session, string location)
    {
        (await ClaimAsync(location)).ShouldHaveSingleItem();
        (await StartAsync(session.SessionId, session.Run)).Status.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>Opens its signal stream.</summary>
    public Task<OpenStream> ListenAsync() => OpenStream.OpenAsync(client, $"/ledger/runners/{id}/signals");
}
