using System.Text.Json;
using Ledger.Bench.Writes;
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
    private const int LongPolls = 200;

    public static async Task RunAsync(Setup setup)
    {
        var (database, count) = (setup.Database, setup.Scale.Connections);
        Console.WriteLine(await ListenNotify.RunAsync(setup.Postgres.ConnectionString, count));
        await using var host = await setup.StartHostAsync();
        var watched = await PrepareAsync(database, host.AccountId, count);
        var cancelled = await PrepareAsync(database, host.AccountId, count);
        var here = await PrepareAsync(database, host.AccountId, count, i => cancelled[i].Runner);
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
        Deliveries[] signals =
        [
            new($"signals: one of {count} runners told, one by one", count),
            new($"signals: the same, cancelled on this host", count),
        ];
        var (phase, place) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var receiver = i;
            _ = subscribers[i].ReadAsync(() => messages[Volatile.Read(ref phase)].Arrived(receiver));
            _ = listeners[i].ReadAsync(() => signals[Volatile.Read(ref place)].Arrived(receiver));
        }

        Console.WriteLine(await messages[0].PacedAsync(i => database.AppendAsync([Failure(watched[i])], 3)));
        Console.WriteLine(await signals[0].PacedAsync(i => database.AppendAsync([Cancel(cancelled[i])], 3)));
        signals[0].AddTo(setup.Report, $"written elsewhere → signal at the runner, {count} runners", 10, 50);
        Volatile.Write(ref place, 1);
        using var cancelling = await HttpConnection.OpenAsync(host.Client.BaseAddress!);
        Console.WriteLine(await signals[1].PacedAsync(i => CancelAsync(cancelling, host, here[i].Stream.SessionId)));
        signals[1].AddTo(setup.Report, $"accepted → signal at the runner, {count} runners", 5, 25);
        await MeasureCompletionAsync(setup, host, cancelling);
        Volatile.Write(ref phase, 1);
        Console.WriteLine(await messages[1].TogetherAsync(() => database.AppendAsync([.. watched.Select(Failure)], 4)));
        Console.WriteLine($"host memory after the load: {host.WorkingSetMegabytes} MB");
        foreach (var connection in subscribers.Concat<IDisposable>(listeners))
        {
            connection.Dispose();
        }
    }

    /// <summary>Many long polls of sessions that are cancelled one by one.</summary>
    private static async Task MeasureCompletionAsync(Setup setup, HostProcess host, HttpConnection connection)
    {
        var queued = Enumerable.Range(0, LongPolls).Select(_ => Suites.Triggered(host.AccountId, Guid.CreateVersion7())).ToArray();
        await setup.Database.WriteAsync(host.AccountId, queued.Select(session => (session.SessionId, (IReadOnlyList<ISessionEvent>)[session])));
        var completions = new Deliveries($"completion: one of {LongPolls} long polls woken, one by one", LongPolls);
        var polls = queued.Select(async (session, i) =>
        {
            using var answer = await host.Client.GetAsync($"/v2/check-sessions/{session.SessionId}/completion?maxWaitSeconds=30");
            answer.EnsureSuccessStatusCode();
            completions.Arrived(i);
        }).ToList();
        Console.WriteLine(await completions.PacedAsync(i => CancelAsync(connection, host, queued[i].SessionId)));
        await Task.WhenAll(polls);
        completions.AddTo(setup.Report, $"completion, {LongPolls} long polls", null, 25);
    }

    private static Task CancelAsync(HttpConnection connection, HostProcess host, Guid session) =>
        connection.SendAsync(HttpConnection.Post($"/v1/check-sessions/{session}/cancel", host.Key));

    /// <summary>Sessions of a suite each, whose one run a runner is executing: one of its own unless one is named.</summary>
    private static async Task<Watched[]> PrepareAsync(BenchDatabase database, Guid account, int count, Func<int, string>? runner = null)
    {
        var sessions = Enumerable.Range(0, count)
            .Select(i => new Watched(
                new StreamId(account, Guid.CreateVersion7()), Guid.CreateVersion7(), Guid.NewGuid(), runner?.Invoke(i) ?? $"bench-{Guid.NewGuid():N}"))
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
