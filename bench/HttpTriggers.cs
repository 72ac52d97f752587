using System.Net.Http.Json;

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

    public static async Task<Measurement> RunAsync(HostProcess host, int connections, TimeSpan duration)
    {
        await host.CatchUpAsync();
        return await Load.RunAsync($"trigger over HTTP, {connections} connections", connections, duration, async _ =>
        {
            using var response = await host.Client.PostAsJsonAsync("/ledger/sessions", Request);
            response.EnsureSuccessStatusCode();
            return true;
        });
    }
}
