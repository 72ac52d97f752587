using System.Text.Json;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Bench.Live;

/// <summary>
/// Many subscribers of suites over MQTT and as many signal streams of runners, connected to one host at once: what they take, and how long
/// after a commit they are told. The events come from another process, as if another host had written them.
/// </summary>
internal static class LiveConnections
{
    private const int ConnectingAtOnce = 32;

    public static async Task RunAsync(string connectionString, BenchDatabase database, string folder, int count)
    {
        Console.WriteLine(await ListenNotify.RunAsync(connectionString, count));
        await using var host = await HostProcess.StartAsync(connectionString, folder);
        var watched = await PrepareAsync(database, host.AccountId, count);
        var cancelled = await PrepareAsync(database, host.AccountId, count);
        await host.CatchUpAsync();

        var before = host.WorkingSetMegabytes;
        var subscribers = new MqttSubscriber[count];
        await EachAsync(count, async i => subscribers[i] = await MqttSubscriber.SubscribeAsync(host, watched[i].Suite));
        var withSubscribers = host.WorkingSetMegabytes;
        var listeners = new SignalListener[count];
        await EachAsync(count, async i => listeners[i] = await SignalListener.OpenAsync(host, cancelled[i].Runner));
        Console.WriteLine(
            $"host memory: {before} MB, {withSubscribers} MB with {count} MQTT subscribers, {host.WorkingSetMegabytes} MB with {count} signal streams as well");

        Deliveries[] messages =
        [
            new($"MQTT: one of {count} subscribers told, one by one", count),
            new($"MQTT: all {count} subscribers told of one commit", count),
        ];
        var signals = new Deliveries($"signals: one of {count} runners told, one by one", count);
        var phase = 0;
        for (var i = 0; i < count; i++)
        {
            var receiver = i;
            _ = subscribers[i].ReadAsync(() => messages[Volatile.Read(ref phase)].Arrived(receiver));
            _ = listeners[i].ReadAsync(() => signals.Arrived(receiver));
        }

        Console.WriteLine(await messages[0].PacedAsync(i => database.AppendAsync([Failure(watched[i])], 3)));
        Console.WriteLine(await signals.PacedAsync(i => database.AppendAsync([Cancel(cancelled[i])], 3)));
        Volatile.Write(ref phase, 1);
        Console.WriteLine(await messages[1].TogetherAsync(() => database.AppendAsync(watched.Select(Failure), 4)));
        Console.WriteLine($"host memory after the load: {host.WorkingSetMegabytes} MB");
        foreach (var connection in subscribers.Concat<IDisposable>(listeners))
        {
            connection.Dispose();
        }
    }

    /// <summary>Sessions of a suite each, whose one run a runner of their own is executing.</summary>
    private static async Task<Watched[]> PrepareAsync(BenchDatabase database, Guid account, int count)
    {
        var sessions = Enumerable.Range(0, count)
            .Select(i => new Watched(new StreamId(account, Guid.CreateVersion7()), Guid.CreateVersion7(), Guid.NewGuid(), $"bench-{Guid.NewGuid():N}"))
            .ToArray();
        await database.WriteAsync(account, sessions.Select(session => (session.Stream.SessionId, Started(session))));
        return sessions;
    }

    private static IReadOnlyList<ISessionEvent> Started(Watched session)
    {
        var triggered = Suites.Triggered(session.Stream.AccountId, session.Stream.SessionId);
        var metadata = JsonSerializer.SerializeToElement(new { checkRunSuiteId = session.Suite.ToString() });
        return
        [
            triggered with { Metadata = metadata, Runs = [triggered.Runs[0] with { SequenceId = session.Run }] },
            new RunClaimed(session.Run, Suites.FactsOf(triggered), session.Runner, 3_600, triggered.At),
            new RunStarted(session.Run, Suites.FactsOf(triggered), session.Runner, triggered.At),
        ];
    }

    private static (StreamId, ISessionEvent) Failure(Watched session)
    {
        var now = DateTimeOffset.UtcNow;
        return (session.Stream, new ResultReported(
            Guid.NewGuid(), session.Run, Suites.FactsOf(Suites.Triggered(session.Stream.AccountId, session.Stream.SessionId)), session.Runner, ResultType.Attempt, Settles: false, HasFailures: true, HasErrors: false,
            IsDegraded: false, IsCancelled: false, OverMaxResponseTime: false, 1_200, now, now, 1, null, now));
    }

    private static (StreamId, ISessionEvent) Cancel(Watched session) => (session.Stream, new CancelRequested(
        Guid.NewGuid(), new Actor(ActorKind.ApiKey, "bench"), CancelVia.Checkly, CancelCause.User, null, Forced: false,
        [session.Run], [], null, null, DateTimeOffset.UtcNow));

    private static Task EachAsync(int count, Func<int, Task> connect) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = ConnectingAtOnce },
        async (i, _) => await connect(i));

    private sealed record Watched(StreamId Stream, Guid Run, Guid Suite, string Runner);
}
