using System.Collections.Concurrent;

namespace Ledger.Bench.Writes;

/// <summary>Triggers and cancels over HTTP, to either host.</summary>
/// <param name="host">The host.</param>
/// <param name="connections">How many requests are under way at once, each on a connection of its own.</param>
internal sealed class HttpRequests(HostProcess host, int connections)
{
    private const string Suite =
        """{"kind":"check","name":"Suite","runs":[{"checkType":"PLAYWRIGHT","name":"Suite","location":"bench"}]}""";

    /// <summary>The sessions that were triggered and not cancelled yet.</summary>
    public ConcurrentQueue<Guid> Queued { get; } = new();

    /// <summary>Triggers sessions of one run: one event each.</summary>
    public Task<Load> TriggerAsync(string path, TimeSpan duration)
    {
        var request = HttpConnection.Post(path, host.Key, Suite);
        return RunAsync(duration, async connection =>
        {
            var head = await connection.SendAsync(request);
            Queued.Enqueue(Guid.Parse(HttpConnection.Header(head, "Location")!.Split('/')[^1]));
            return true;
        });
    }

    /// <summary>Cancels sessions, another one each time: an empty body, as Checkly's command line sends it.</summary>
    public Task<Load> CancelAsync(Func<Guid, string> path, ConcurrentQueue<Guid> sessions, TimeSpan duration) =>
        RunAsync(duration, async connection =>
        {
            if (!sessions.TryDequeue(out var session))
            {
                return false;
            }

            await connection.SendAsync(HttpConnection.Post(path(session), host.Key));
            return true;
        });

    private async Task<Load> RunAsync(TimeSpan duration, Func<HttpConnection, Task<bool>> operation)
    {
        var open = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => HttpConnection.OpenAsync(host.Client.BaseAddress!)));
        try
        {
            return await Load.RunAsync(connections, duration, worker => operation(open[worker]));
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }
    }
}
