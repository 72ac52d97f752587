using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Text.Json;

namespace Ledger.Bench;

/// <summary>Sessions triggered over HTTP: one event each.</summary>
internal static class HttpTriggers
{
    private static readonly object Request = new
    {
        kind = "check",
        name = "Suite",
        runs = new[] { new { checkType = "PLAYWRIGHT", name = "Suite", location = "bench" } },
    };

    /// <summary>Triggers as fast as the connections can.</summary>
    /// <returns>What was measured, and the sessions, all of them still queued.</returns>
    public static async Task<(Measurement Measured, ConcurrentQueue<Guid> Sessions)> RunAsync(
        HostProcess host, int connections, TimeSpan duration)
    {
        var sessions = new ConcurrentQueue<Guid>();
        await host.CatchUpAsync();
        var measured = await Load.RunAsync($"trigger over HTTP, {connections} connections", connections, duration, async _ =>
        {
            using var response = await host.Client.PostAsJsonAsync("/ledger/sessions", Request);
            response.EnsureSuccessStatusCode();
            sessions.Enqueue((await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("sessionId").GetGuid());
            return true;
        });
        return (measured, sessions);
    }
}
