using System.Collections.Concurrent;
using System.Globalization;

namespace Ledger.Bench.Writes;

/// <summary>Triggers and cancels over HTTP, to either host.</summary>
/// <param name="host">The host.</param>
/// <param name="connections">How many requests are under way at once, each on a connection of its own.</param>
/// <param name="triggers">Where to trigger.</param>
/// <param name="cancels">Where to cancel; the session stands for {0}.</param>
internal sealed class HttpRequests(
    HostProcess host, int connections, string triggers = "/ledger/sessions", string cancels = "/v1/check-sessions/{0}/cancel")
{
    /// <summary>The body of a trigger.</summary>
    public const string Suite =
        """{"kind":"check","name":"Suite","runs":[{"checkType":"PLAYWRIGHT","name":"Suite","location":"bench"}]}""";

    /// <summary>The sessions that were triggered and not cancelled yet.</summary>
    public ConcurrentQueue<Guid> Queued { get; } = new();

    /// <summary>Triggers sessions of one run: one event each.</summary>
    /// <param name="duration">How long.</param>
    /// <param name="rate">How many requests begin in a second; null for as many as there can be.</param>
    public Task<Load> TriggerAsync(TimeSpan duration, double? rate = null)
    {
        var request = HttpConnection.Post(triggers, host.Key, Suite);
        return RunAsync(duration, rate, async connection =>
        {
            var head = await connection.SendAsync(request);
            Queued.Enqueue(Guid.Parse(HttpConnection.Header(head, "Location")!.Split('/')[^1]));
            return true;
        });
    }

    /// <summary>Cancels what was triggered.</summary>
    /// <inheritdoc cref="TriggerAsync"/>
    public Task<Load> CancelAsync(TimeSpan duration, double? rate = null) => CancelAsync(Queued, duration, rate);

    /// <summary>Cancels sessions, another one each time: an empty body, as Checkly's command line sends it.</summary>
    /// <inheritdoc cref="TriggerAsync"/>
    public Task<Load> CancelAsync(ConcurrentQueue<Guid> sessions, TimeSpan duration, double? rate = null) =>
        RunAsync(duration, rate, async connection =>
        {
            if (!sessions.TryDequeue(out var session))
            {
                return false;
            }

            await connection.SendAsync(HttpConnection.Post(string.Format(CultureInfo.InvariantCulture, cancels, session), host.Key));
            return true;
        });

    private async Task<Load> RunAsync(TimeSpan duration, double? rate, Func<HttpConnection, Task<bool>> operation)
    {
        var open = await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => HttpConnection.OpenAsync(host.Client.BaseAddress!)));
        try
        {
            return rate is { } perSecond
                ? await Load.RunAsync(connections, duration, perSecond, worker => operation(open[worker]))
                : await Load.RunAsync(connections, duration, worker => operation(open[worker]));
        }
        finally
        {
            Array.ForEach(open, connection => connection.Dispose());
        }
    }
}
