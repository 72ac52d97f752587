using System.Threading.Channels;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;
using MQTTnet;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// One suite that somebody on this host is subscribed to: its sessions, folded from the feed, and what becomes of that for subscribers. It
/// has a thread of work of its own, so that neither the feed nor another suite waits for it.
/// </summary>
/// <param name="key">Which one.</param>
/// <param name="streams">Where sessions are read that were there before the first subscriber.</param>
public sealed class Suite(SuiteKey key, SessionWriter streams)
{
    /// <summary>The most sessions that are followed. Clients have one suite for each session.</summary>
    public const int MaximumSessions = 1_000;

    private const int MaximumWaiting = 16_384;

    private readonly Channel<Input> inputs = Channel.CreateBounded<Input>(new BoundedChannelOptions(MaximumWaiting) { SingleReader = true });
    private readonly Dictionary<StreamId, FollowedSession> sessions = [];
    private volatile SuiteSubscriber[] subscribers = [];

    public SuiteKey Key => key;

    /// <summary>The sessions whose events are offered here; kept by <see cref="Suites"/>.</summary>
    public HashSet<StreamId> Followed { get; } = [];

    /// <summary>Whether nobody is subscribed any more.</summary>
    public bool IsDeserted => subscribers.Length == 0;

    /// <summary>One at a time, with <see cref="Remove"/>.</summary>
    public void Add(SuiteSubscriber subscriber) => subscribers = [.. subscribers, subscriber];

    public void Remove(SuiteSubscriber subscriber) => subscribers = [.. subscribers.Where(other => other != subscriber)];

    /// <summary>Takes the next event of a session that is followed; never blocks. False when there is no room.</summary>
    public bool Offer(RecordedEvent recorded) => inputs.Writer.TryWrite(new Input(recorded, null, []));

    /// <summary>
    /// Takes sessions that were found, all of them followed already, and has the subscriber told where they stand. Never blocks. False when
    /// there is no room.
    /// </summary>
    public bool Offer(SuiteSubscriber subscriber, IReadOnlyList<StreamId> found) => inputs.Writer.TryWrite(new Input(null, subscriber, found));

    /// <summary>Ends the work.</summary>
    public void End() => inputs.Writer.TryComplete();

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
            }
            else
            {
                await TellAsync(input.Subscriber!, input.Found);
            }
        }
    }

    private void Apply(RecordedEvent recorded)
    {
        if (recorded.Data is SessionTriggered)
        {
            sessions.TryAdd(recorded.Stream, new FollowedSession(SessionSnapshot.Fold(null, [recorded])!, subscribers));
            return;
        }

        // A session that is not known yet is read after this, and what was read may be newer than what the feed brings.
        if (!sessions.TryGetValue(recorded.Stream, out var session) || recorded.Version <= session.Snapshot.Version)
        {
            return;
        }

        var before = session.Snapshot;
        if (recorded.Version != before.Version + 1)
        {
            // Another host's commit is on its way, and this event comes once more behind it.
            return;
        }

        var after = SessionSnapshot.Fold(before, [recorded])!;
        sessions[recorded.Stream] = session with { Snapshot = after };
        if (SuiteMessages.Of(key, before.Session, after.Session, recorded.Data) is { } message)
        {
            foreach (var subscriber in subscribers.Where(subscriber => subscriber.Sees(after.Session)))
            {
                subscriber.Send(message);
            }
        }
    }

    /// <summary>
    /// What is known stays as it is, even where more could be read by now: the events in between are on their way, and other subscribers
    /// wait for them.
    /// </summary>
    private async Task TellAsync(SuiteSubscriber subscriber, IReadOnlyList<StreamId> found)
    {
        var unknown = found.Where(stream => !sessions.ContainsKey(stream)).ToList();
        if (unknown.Count > 0)
        {
            foreach (var snapshot in await streams.ReadManyAsync(unknown, CancellationToken.None))
            {
                sessions.TryAdd(snapshot.Stream, new FollowedSession(snapshot, []));
            }
        }

        foreach (var session in found
            .Select(stream => sessions[stream])
            .Where(session => !session.Witnesses.Contains(subscriber) && subscriber.Sees(session.Snapshot.Session)))
        {
            subscriber.Send(SuiteMessages.Now(key, session.Snapshot.Session));
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
