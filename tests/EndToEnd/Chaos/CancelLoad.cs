using System.Collections.Concurrent;
using System.Text.Json;
using Ledger.EndToEnd.Processes;

namespace Ledger.EndToEnd.Chaos;

/// <summary>Sessions that are triggered and cancelled as fast as some clients can, and what was answered.</summary>
internal sealed class CancelLoad
{
    private const int Clients = 8;

    // As a client would: without it they take the processor from the host that they wait for.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource stopping = new();
    private readonly ConcurrentDictionary<string, string> accepted = new();
    private readonly List<Task> clients;

    public CancelLoad(LedgerProcess ledger) => clients = [.. Enumerable.Range(0, Clients).Select(_ => RunAsync(ledger))];

    /// <summary>The cancels that were answered 2xx: session id → cancel id.</summary>
    public IReadOnlyDictionary<string, string> Accepted => accepted;

    /// <summary>Ends the load, and gives everything that was accepted.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StopAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(clients);
        stopping.Dispose();
        return accepted;
    }

    private async Task RunAsync(LedgerProcess ledger)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var session = await ledger.PostAsync("/ledger/sessions", new
                {
                    kind = "check",
                    name = "under load",
                    runs = new[] { new { checkType = "PLAYWRIGHT", name = "suite", location = "nowhere" } },
                });
                var sessionId = session.GetProperty("sessionId").GetString()!;
                var cancelled = await ledger.PostAsync($"/ledger/sessions/{sessionId}/cancel", new { reason = "chaos" });
                accepted[sessionId] = cancelled.GetProperty("cancelId").GetString()!;
            }
            catch (Exception fault) when (fault is HttpRequestException or ShouldAssertException or JsonException or ObjectDisposedException)
            {
                // The host or its database was just killed: no answer, or a 503, promises nothing. What counts is what was accepted.
                await Task.Delay(Pause);
            }
        }
    }
}
