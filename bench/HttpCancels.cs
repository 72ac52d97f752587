using System.Collections.Concurrent;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Bench;

/// <summary>Durable cancels over HTTP, as Checkly's command line sends them: an empty body, a fresh session each.</summary>
internal static class HttpCancels
{
    // Runs that are held are watched for their deadlines: more of them than are cancelled would be measured as well.
    private const int SessionsPerSecond = 3_000;
    private const int UnitSize = 200;

    /// <summary>Cancels sessions that this host has triggered and nobody has claimed: two events each, the state is cached.</summary>
    public static Task<Measurement> OfQueuedAsync(HostProcess host, ConcurrentQueue<Guid> sessions, int connections, TimeSpan duration) =>
        RunAsync("cancel over HTTP, queued here", host, sessions, connections, duration);

    /// <summary>Cancels sessions that run and that another host has written: one event each, the state has to be read.</summary>
    public static async Task<Measurement> OfRunningAsync(HostProcess host, BenchDatabase database, int connections, TimeSpan duration)
    {
        var sessions = await PrepareAsync(database, host.AccountId, (int)(duration.TotalSeconds * 1.2 * SessionsPerSecond));
        return await RunAsync("cancel over HTTP, running elsewhere", host, sessions, connections, duration);
    }

    private static async Task<Measurement> RunAsync(
        string name, HostProcess host, ConcurrentQueue<Guid> sessions, int connections, TimeSpan duration)
    {
        await host.CatchUpAsync();
        return await Load.RunAsync($"{name}, {connections} connections", connections, duration, async _ =>
        {
            if (!sessions.TryDequeue(out var session))
            {
                return false;
            }

            using var response = await host.Client.PostAsync($"/v1/check-sessions/{session}/cancel", null);
            response.EnsureSuccessStatusCode();
            return true;
        });
    }

    /// <summary>Sessions whose one run a runner is executing, so that the cancel is exactly one event.</summary>
    private static async Task<ConcurrentQueue<Guid>> PrepareAsync(BenchDatabase database, Guid account, int count)
    {
        var sessions = Enumerable.Range(0, count).Select(_ => Guid.CreateVersion7()).ToArray();
        await Parallel.ForEachAsync(
            sessions.Chunk(UnitSize),
            new ParallelOptions { MaxDegreeOfParallelism = 8 },
            async (chunk, cancellation) =>
            {
                var unit = new AppendUnit([.. chunk.Select(session => new StreamAppend(new StreamId(account, session), 0, Started(account, session)))], []);
                await database.Store.AppendAsync(unit, cancellation);
            });
        return new ConcurrentQueue<Guid>(sessions);
    }

    private static IReadOnlyList<NewEvent> Started(Guid account, Guid session)
    {
        var triggered = InProcessAppend.Trigger(account, session);
        var run = triggered.Runs[0].SequenceId;
        ISessionEvent[] events =
        [
            triggered,
            new RunClaimed(run, "bench", 3_600, triggered.At),
            new RunStarted(run, "bench", triggered.At),
        ];
        return [.. events.Select(data => new NewEvent(Guid.CreateVersion7(), data, EventContext.None))];
    }
}
