using System.Collections.Concurrent;
using System.Threading.Channels;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using MQTTnet;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// One suite that somebody on this host is subscribed to: its sessions, folded as their events come, and what becomes of that for subscribers. It
/// has a thread of work of its own, so that neither who writes nor another suite waits for it.
/// </summary>
/// <param name="key">Which one.</param>
/// <param name="streams">Where sessions are read that were there before the first subscriber.</param>
/// <param name="finding">What finds new sessions; ends with the work.</param>
public sealed class Suite(SuiteKey key, SessionWriter streams, IDisposable finding)
{
    /// <summary>The most sessions that are followed. Clients have one suite for each session.</summary>
    public const int MaximumSessions = 1_000;

    private const int MaximumWaiting = 16_384;
    private const long MaximumWaitingBytes = 16 * 1024 * 1024;

    private readonly Channel<Input> inputs = Channel.CreateBounded<Input>(new BoundedChannelOptions(MaximumWaiting) { SingleReader = true });
    private readonly Dictionary<StreamId, FollowedSession> sessions = [];
    private readonly CancellationTokenSource ended = new();
    private volatile SuiteSubscriber[] subscribers = [];
    private long waitingBytes;

    public SuiteKey Key => key;

    /// <summary>The sessions whose events are offered here; kept by <see cref="Suites"/>.</summary>
    public ConcurrentDictionary<StreamId, SessionFollower> Followed { get; } = new();

    /// <summary>Ends with the work.</summary>
    public CancellationToken Ended => ended.Token;

    /// <summary>Whether nobody is subscribed any more.</summary>
    public bool IsDeserted => subscribers.Length == 0;

    /// <summary>One at a time, with <see cref="Remove"/>.</summary>
    public void Add(SuiteSubscriber subscriber) => subscribers = [.. subscribers, subscriber];

    public void Remove(SuiteSubscriber subscriber) => subscribers = [.. subscribers.Where(other => other != subscriber)];

    /// <summary>Takes the next event of a session that is followed; never blocks. False when there is no room.</summary>
    public bool Offer(RecordedEvent recorded) =>
        Interlocked.Add(ref waitingBytes, SessionSnapshot.BytesOf(recorded.Data)) <= MaximumWaitingBytes
        && inputs.Writer.TryWrite(new Input(recorded, null, []));

    /// <summary>
    /// Takes sessions that were found, all of them followed already, and has it told where they stand. Never blocks. False when there is no
    /// room.
    /// </summary>
    /// <param name="subscriber">Who has not been told of sessions that are known; null for nobody.</param>
    /// <param name="found">The sessions.</param>
    public bool Offer(SuiteSubscriber? subscriber, IReadOnlyList<StreamId> found) => inputs.Writer.TryWrite(new Input(null, subscriber, found));

    /// <summary>Ends the work.</summary>
    public void End()
    {
        finding.Dispose();
        inputs.Writer.TryComplete();
        ended.Cancel();
    }

    /// <summary>Cuts every subscriber off, since messages are missing.</summary>
    public void CutOff()
    {
        foreach (var subscriber in subscribers)
        {
            subscriber.CutOff();
        }
    }

    /// <summary>Works until <see cref="End"/>.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task RunAsync()
    {
        await foreach (var input in inputs.Reader.ReadAllAsync())
        {
            if (input.Recorded is { } recorded)
            {
                Apply(recorded);
                Interlocked.Add(ref waitingBytes, -SessionSnapshot.BytesOf(recorded.Data));
            }
            else
            {
                await TellAsync(input.Subscriber, input.Found);
            }
        }
    }

    /// <summary>The events of a session come in order, each once; those before what was read are known already.</summary>
    private void Apply(RecordedEvent recorded)
    {
        if (recorded.Data is SessionTriggered)
        {
            sessions.TryAdd(recorded.Stream, new FollowedSession(SessionSnapshot.Fold(null, [recorded])!, subscribers));
            return;
        }

        if (!sessions.TryGetValue(recorded.Stream, out var session) || recorded.Version <= session.Snapshot.Version)
        {
            return;
        }

        var before = session.Snapshot;
        var after = SessionSnapshot.Fold(before, [recorded])!;
        sessions[recorded.Stream] = session with { Snapshot = after };
        foreach (var message in SuiteMessages.Of(key, before.Session, after.Session, recorded.Data))
        {
            foreach (var subscriber in subscribers.Where(subscriber => subscriber.Sees(after.Session)))
            {
                subscriber.Send(message);
            }
        }
    }

    /// <summary>
    /// Of a session that was not known everybody is told where it stands, for nobody can have been told of it. What is known stays as
    /// it is, even where more could be read by now: the events in between are on their way, and other subscribers wait for them.
    /// </summary>
    private async Task TellAsync(SuiteSubscriber? newcomer, IReadOnlyList<StreamId> found)
    {
        var unknown = found.Where(stream => !sessions.ContainsKey(stream)).ToList();
        if (unknown.Count > 0)
        {
            foreach (var snapshot in await streams.ReadManyAsync(unknown, CancellationToken.None))
            {
                var session = new FollowedSession(snapshot, subscribers);
                sessions.Add(snapshot.Stream, session);
                Array.ForEach(session.Witnesses, subscriber => Tell(subscriber, snapshot));
                Followed.GetValueOrDefault(snapshot.Stream)?.Start(snapshot.Version);
            }
        }

        foreach (var session in found.Select(sessions.GetValueOrDefault).OfType<FollowedSession>())
        {
            if (newcomer is not null && !session.Witnesses.Contains(newcomer))
            {
                Tell(newcomer, session.Snapshot);
            }
        }
    }

    private void Tell(SuiteSubscriber subscriber, SessionSnapshot snapshot)
    {
        if (subscriber.Sees(snapshot.Session))
        {
            subscriber.Send(SuiteMessages.Now(key, snapshot.Session));
        }
    }

    /// <summary>A session.</summary>
    /// <param name="Snapshot">As subscribers know it.</param>
    /// <param name="Witnesses">Who has been told everything from its beginning on, and needs no repetition.</param>
    private sealed record FollowedSession(SessionSnapshot Snapshot, SuiteSubscriber[] Witnesses);

    /// <summary>Either an event, or sessions that were found for a subscriber.</summary>
    private readonly record struct Input(RecordedEvent? Recorded, SuiteSubscriber? Subscriber, IReadOnlyList<StreamId> Found);
}

/// <summary>One subscription to a suite.</summary>
/// <param name="suite">Which one.</param>
/// <param name="filter">What of the suite is asked for.</param>
/// <param name="client">Who asks.</param>
public sealed class SuiteSubscriber(SuiteKey suite, string filter, LiveClient client)
{
    // What waits in a client's queue costs this beside its bytes.
    private const int EntrySize = 128;

    private readonly CancellationTokenSource left = new();

    public SuiteKey Suite => suite;

    /// <summary>Whether the client may know of a session: a key that is bound to a project knows of that project's alone.</summary>
    public bool Sees(Session session) => client.Project is null || client.Project == session.Project;

    /// <summary>Ends with the subscription.</summary>
    public CancellationToken Left => left.Token;

    /// <summary>Hands over a message if it is asked for; never blocks.</summary>
    public void Send(SuiteMessage message)
    {
        if (IsAskedFor(message))
        {
            client.Send([message], message.Size + EntrySize);
        }
    }

    /// <summary>Hands over many, which are made while they are sent.</summary>
    public void Send(IEnumerable<SuiteMessage> messages) => client.Send(messages.Where(IsAskedFor), EntrySize);

    /// <summary>Cuts the client off, since messages are missing: with its next subscription it finds everything.</summary>
    public void CutOff() => client.CutOff();

    /// <summary>Ends it.</summary>
    public void Leave() => left.Cancel();

    private bool IsAskedFor(SuiteMessage message) =>
        MqttTopicFilterComparer.Compare(message.Content.Topic, filter) is MqttTopicFilterCompareResult.IsMatch;
}
