using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Streams;

/// <summary>
/// Wakes whoever waits for a change of a session: runner signals, claims, long polls, live streams, MQTT. This host's own commits are handed
/// over as they are made. Of those of other hosts there are notes (<see cref="ChangeNotes"/>), which are hints: a session that
/// somebody here waits for is read from its stream, once for all who wait. Who follows a session gets its events by version, in order,
/// none of them twice, however commits and notes race.
/// </summary>
public sealed partial class SessionChanges
{
    private const int StreamsPerRead = 64;

    // Each takes about 150 bytes. Beyond that it is not worth telling them apart.
    private const int MostWanted = 50_000;

    // Holds one wake-up at most: it is not a count, only a reason to look.
    private readonly Channel<bool> wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly Followers<StreamId, SessionFollower> byStream = new();
    private readonly ConcurrentDictionary<ChangeTopic, ImmutableDictionary<Action<SessionChange>, int>> byTopic = new();
    private readonly Lock gate = new();
    private readonly EventLog? log;
    private readonly SessionCache? cache;
    private readonly IReadOnlyList<TopicsOf> topicsOf;
    private readonly ILogger logger;
    private readonly Dictionary<StreamId, Wanted> wanted = [];
    private volatile Action[] missed = [];
    private volatile Action[] changed = [];

    /// <summary>Nobody waits yet.</summary>
    /// <param name="log">Where to read what other hosts have written; null where there are none.</param>
    /// <param name="cache">Sessions that are known; null for none.</param>
    /// <param name="topicsOf">What is waited for beside sessions by their id.</param>
    /// <param name="logger">Where a waiter that throws is told; null for nowhere.</param>
    public SessionChanges(
        EventLog? log = null, SessionCache? cache = null, IEnumerable<TopicsOf>? topicsOf = null, ILogger<SessionChanges>? logger = null)
    {
        this.log = log;
        this.cache = cache;
        this.topicsOf = [.. topicsOf ?? []];
        this.logger = logger ?? NullLogger<SessionChanges>.Instance;
    }

    /// <summary>Tells other hosts what this one has committed; null where there are none. Must be quick.</summary>
    public Action<IReadOnlyList<ChangeNote>>? Tell { get; set; }

    /// <summary>Follows a session, from <see cref="SessionFollower.Start"/> on.</summary>
    /// <param name="stream">The session.</param>
    /// <param name="take">Takes the events, one at a time. Must be quick.</param>
    public SessionFollower Follow(StreamId stream, Action<RecordedEvent> take)
    {
        var follower = new SessionFollower(stream, take, behind => Look(behind.Stream), ended => byStream.Remove(stream, ended));
        byStream.Add(stream, follower);
        return follower;
    }

    /// <summary>Follows a topic. A handler that follows several, or one several times, is called once for a change.</summary>
    /// <param name="topic">What is waited for.</param>
    /// <param name="handler">Takes changes that may be about it. Must be quick.</param>
    /// <returns>Ends it when it is disposed.</returns>
    public IDisposable Follow(ChangeTopic topic, Action<SessionChange> handler)
    {
        Count(topic, handler, 1);
        return new TopicFollower(() => Count(topic, handler, -1));
    }

    /// <summary>
    /// Calls a handler when changes may have been missed: who waits for a topic finds out in another way. Who follows sessions need not, for
    /// those are read. It must be quick.
    /// </summary>
    public void WhenMissed(Action handler)
    {
        lock (gate)
        {
            missed = [.. missed, handler];
        }
    }

    /// <summary>Calls a handler when something has been committed, on whichever host. It must be quick.</summary>
    public void WhenChanged(Action handler)
    {
        lock (gate)
        {
            changed = [.. changed, handler];
        }
    }

    /// <summary>This host has committed something.</summary>
    public void Committed(IReadOnlyList<SessionChange> changes)
    {
        var notes = new List<ChangeNote>(changes.Count);
        foreach (var change in changes)
        {
            var topics = TopicsOf(change);
            Publish(change, topics);
            Offer(change.Stream, change.Events);
            notes.Add(new ChangeNote(change.Stream, change.After, change.Events[^1].Version, topics));
        }

        if (notes.Count > 0)
        {
            Call(changed);
            Tell?.Invoke(notes);
        }
    }

    /// <summary>This host has committed something that it does not know the events of: their commit was not answered.</summary>
    public void CommittedUnheard(IEnumerable<StreamId> streams)
    {
        List<ChangeNote> notes = [.. streams.Select(stream => new ChangeNote(stream, 0, long.MaxValue, null))];
        Heard(notes);
        Tell?.Invoke(notes);
    }

    /// <summary>Another host has committed something.</summary>
    public void Heard(IReadOnlyList<ChangeNote> notes)
    {
        Call(changed);
        foreach (var note in notes)
        {
            var isBehind = false;
            foreach (var follower in byStream.Of(note.Stream))
            {
                isBehind |= follower.Hear(note.Version);
            }

            var isConcerned = HandlersOf(note.Stream.AccountId, note.Topics).Count > 0;
            if ((isBehind || isConcerned) && !TryWant(note, isConcerned))
            {
                LookAtEverything();
                return;
            }
        }
    }

    /// <summary>Changes may have been missed.</summary>
    public void LookAtEverything()
    {
        LookAtFollowed();
        Call(changed);
        Call(missed);
    }

    /// <summary>Has every session read that is followed.</summary>
    public void LookAtFollowed()
    {
        foreach (var stream in byStream.Keys)
        {
            Look(stream);
        }
    }

    /// <summary>Has a session read for those who follow it.</summary>
    public void Look(StreamId stream)
    {
        lock (gate)
        {
            wanted.TryAdd(stream, new Wanted(stream, long.MaxValue, []));
        }

        wakeUps.Writer.TryWrite(true);
    }

    /// <summary>Reads what is wanted, until the host stops.</summary>
    /// <param name="isWell">Called after each read.</param>
    /// <param name="stopping">Ends it.</param>
    /// <exception cref="StoreUnavailableException">The database cannot be reached; what was wanted still is.</exception>
    public async Task ReadAsync(Action isWell, CancellationToken stopping)
    {
        do
        {
            wakeUps.Reader.TryRead(out _);
            while (TakeWanted() is { Count: > 0 } batch)
            {
                try
                {
                    await ReadAsync(batch, stopping);
                }
                catch
                {
                    GiveBack(batch);
                    throw;
                }
            }

            isWell();
        }
        while (await wakeUps.Reader.WaitToReadAsync(stopping));
    }

    private async Task ReadAsync(IReadOnlyList<Wanted> batch, CancellationToken stopping)
    {
        var known = batch.ToDictionary(each => each.Stream, each => cache?.Find(each.Stream));
        try
        {
            List<(StreamId, long)> asked = [.. batch.Select(each => (each.Stream, AfterOf(each, known[each.Stream])))];
            var ofStream = new List<RecordedEvent>();
            await foreach (var recorded in log!.StreamsAsync(asked, stopping))
            {
                if (ofStream is [var first, ..] && first.Stream != recorded.Stream)
                {
                    HandOver(ofStream);
                    ofStream = [];
                }

                ofStream.Add(recorded);
            }

            HandOver(ofStream);
        }
        catch (UnreadableEventException) when (batch.Count > 1)
        {
            // One that cannot be read keeps nothing from the others.
            foreach (var each in batch)
            {
                await ReadAsync([each], stopping);
            }
        }
        catch (UnreadableEventException unreadable)
        {
            LogUnreadable(batch[0].Stream.SessionId, unreadable);
        }

        void HandOver(IReadOnlyList<RecordedEvent> events)
        {
            if (events is [var first, ..])
            {
                var each = batch.First(one => one.Stream == first.Stream);
                this.HandOver(each, known[each.Stream], events);
            }
        }
    }

    private void HandOver(Wanted each, SessionSnapshot? known, IReadOnlyList<RecordedEvent> events)
    {
        var news = events.SkipWhile(recorded => recorded.Version <= each.After).ToList();
        if (each.IsAnybodyConcerned
            && news.Count > 0
            && SessionSnapshot.Fold(known, events.SkipWhile(recorded => recorded.Version <= (known?.Version ?? 0))) is { } snapshot)
        {
            cache?.Keep(snapshot);
            Publish(new SessionChange(snapshot, news), each.Topics);
        }

        Offer(each.Stream, events);
    }

    /// <summary>The version to read after: what the state, the topics and the followers all lack.</summary>
    private long AfterOf(Wanted each, SessionSnapshot? known)
    {
        var after = each.IsAnybodyConcerned ? Math.Min(each.After, known?.Version ?? 0) : long.MaxValue;
        foreach (var follower in byStream.Of(each.Stream))
        {
            after = Math.Min(after, follower.Version ?? long.MaxValue);
        }

        return after;
    }

    private void Publish(SessionChange change, IReadOnlyList<ChangeTopic>? topics)
    {
        foreach (var handler in HandlersOf(change.Stream.AccountId, topics))
        {
            Guard(() => handler(change));
        }
    }

    private void Offer(StreamId stream, IReadOnlyList<RecordedEvent> events)
    {
        foreach (var follower in byStream.Of(stream))
        {
            Guard(() =>
            {
                if (!follower.Offer(events))
                {
                    Look(stream);
                }
            });
        }
    }

    private HashSet<Action<SessionChange>> HandlersOf(Guid accountId, IReadOnlyList<ChangeTopic>? topics)
    {
        var handlers = new HashSet<Action<SessionChange>>();
        foreach (var topic in byTopic.IsEmpty ? [] : topics ?? [.. byTopic.Select(each => each.Key).Where(topic => topic.AccountId == accountId)])
        {
            if (byTopic.TryGetValue(topic, out var found))
            {
                handlers.UnionWith(found.Keys);
            }
        }

        return handlers;
    }

    private IReadOnlyList<ChangeTopic>? TopicsOf(SessionChange change)
    {
        try
        {
            var topics = topicsOf.SelectMany(of => of(change)).Distinct().Take(ChangeNote.MaximumTopics + 1).ToList();
            return topics.Count > ChangeNote.MaximumTopics ? null : topics;
        }
        catch (Exception bug)
        {
            LogFailed(bug);
            return null;
        }
    }

    private void Count(ChangeTopic topic, Action<SessionChange> handler, int difference)
    {
        lock (gate)
        {
            var handlers = byTopic.GetValueOrDefault(topic, ImmutableDictionary<Action<SessionChange>, int>.Empty);
            var count = handlers.GetValueOrDefault(handler) + difference;
            handlers = count == 0 ? handlers.Remove(handler) : handlers.SetItem(handler, count);
            if (handlers.IsEmpty)
            {
                byTopic.TryRemove(topic, out _);
            }
            else
            {
                byTopic[topic] = handlers;
            }
        }
    }

    /// <summary>False when so much is wanted that this would be lost.</summary>
    private bool TryWant(ChangeNote note, bool isConcerned)
    {
        var added = isConcerned
            ? new Wanted(note.Stream, note.After, note.Topics)
            : new Wanted(note.Stream, long.MaxValue, []);
        lock (gate)
        {
            if (wanted.TryGetValue(note.Stream, out var other))
            {
                wanted[note.Stream] = other.And(added);
            }
            else if (wanted.Count < MostWanted)
            {
                wanted.Add(note.Stream, added);
            }
            else
            {
                return false;
            }
        }

        wakeUps.Writer.TryWrite(true);
        return true;
    }

    private List<Wanted> TakeWanted()
    {
        lock (gate)
        {
            List<Wanted> taken = [.. wanted.Values.Take(StreamsPerRead)];
            taken.ForEach(each => wanted.Remove(each.Stream));
            return taken;
        }
    }

    private void GiveBack(IReadOnlyList<Wanted> batch)
    {
        lock (gate)
        {
            foreach (var each in batch)
            {
                wanted[each.Stream] = wanted.TryGetValue(each.Stream, out var newer) ? newer.And(each) : each;
            }
        }
    }

    private void Call(Action[] handlers)
    {
        foreach (var handler in handlers)
        {
            Guard(handler);
        }
    }

    private void Guard(Action call)
    {
        try
        {
            call();
        }
        catch (Exception bug)
        {
            LogFailed(bug);
        }
    }

    [LoggerMessage(LogLevel.Error, "Somebody who waits for changes of sessions failed.")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(LogLevel.Error, "The session {SessionId} cannot be read for those who wait for it.")]
    private partial void LogUnreadable(Guid sessionId, Exception error);

    /// <summary>A session that is to be read.</summary>
    /// <param name="Stream">The session.</param>
    /// <param name="After">What is new for the topics comes after this version.</param>
    /// <param name="Topics">The topics to be told; null for all of the account.</param>
    private sealed record Wanted(StreamId Stream, long After, IReadOnlyList<ChangeTopic>? Topics)
    {
        public bool IsAnybodyConcerned => Topics is not { Count: 0 };

        public Wanted And(Wanted other) => new(
            Stream, Math.Min(After, other.After), Topics is null || other.Topics is null ? null : [.. Topics.Union(other.Topics)]);
    }

    private sealed class TopicFollower(Action end) : IDisposable
    {
        private int ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref ended, 1) == 0)
            {
                end();
            }
        }
    }
}
