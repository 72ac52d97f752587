using System.Collections.Concurrent;
using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Projections.SessionList;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// The suites that somebody on this host is subscribed to. Every host serves its own subscribers, whichever host wrote the events. A change
/// that concerns none of them costs a look into a dictionary.
/// </summary>
public sealed class Suites
{
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<SuiteKey, Suite> suites = new();
    private readonly SuiteSearch search;
    private readonly SessionWriter sessions;
    private readonly SessionChanges changes;
    private readonly ILogger<Suites> logger;

    public Suites(SuiteSearch search, SessionWriter sessions, SessionChanges changes, ILogger<Suites> logger)
    {
        (this.search, this.sessions, this.changes, this.logger) = (search, sessions, changes, logger);
        changes.WhenMissed(SearchAgain);
    }

    /// <summary>The suite of a session, with every change of it: who has missed its beginning finds it by the next.</summary>
    public static IEnumerable<ChangeTopic> TopicsOf(SessionChange change) =>
        SuiteKey.Of(change.Session.Session) is { } key ? [TopicOf(key)] : [];

    /// <summary>
    /// Begins a subscription: first the present state of everything that the suite has, then each change. Followed first and read
    /// afterwards, so that nothing falls in between.
    /// </summary>
    public void Subscribe(SuiteSubscriber subscriber)
    {
        Suite? suite;
        var isNew = false;
        lock (gate)
        {
            if (subscriber.Left.IsCancellationRequested)
            {
                return;
            }

            if (!suites.TryGetValue(subscriber.Suite, out suite))
            {
                isNew = true;
                suites[subscriber.Suite] = suite = new Suite(subscriber.Suite, sessions, changes.Follow(TopicOf(subscriber.Suite), Find));
            }

            suite.Add(subscriber);
        }

        if (isNew)
        {
            _ = WatchAsync(suite, suite.RunAsync);
        }

        _ = WatchAsync(suite, () => SearchAsync(suite, subscriber));
    }

    /// <summary>Ends a subscription, or keeps it from beginning.</summary>
    public void Unsubscribe(SuiteSubscriber subscriber)
    {
        subscriber.Leave();
        lock (gate)
        {
            if (suites.TryGetValue(subscriber.Suite, out var suite))
            {
                suite.Remove(subscriber);
                if (suite.IsDeserted)
                {
                    Forget(suite);
                }
            }
        }
    }

    private static ChangeTopic TopicOf(SuiteKey key) => ChangeTopic.Of(key.AccountId, "suite", key.SuiteId.ToString());

    /// <summary>A session of a suite has begun, or has changed.</summary>
    private void Find(SessionChange change)
    {
        if (SuiteKey.Of(change.Session.Session) is not { } key
            || !suites.TryGetValue(key, out var suite)
            || Follow(suite, change.Stream) is not { } follower)
        {
            return;
        }

        if (change.After == 0)
        {
            // All of its events come to the follower. What others wrote before it was there is read.
            follower.Start(0);
            changes.Look(change.Stream);
        }
        else if (!suite.Offer(null, [change.Stream]))
        {
            Abandon(suite);
        }
    }

    /// <summary>Follows a session; null when it is followed already, or cannot be.</summary>
    private SessionFollower? Follow(Suite suite, StreamId stream)
    {
        lock (gate)
        {
            if (suites.GetValueOrDefault(suite.Key) != suite || suite.Followed.ContainsKey(stream) || suite.Followed.Count == Suite.MaximumSessions)
            {
                return null;
            }

            return suite.Followed[stream] = changes.Follow(stream, recorded =>
            {
                if (!suite.Offer(recorded))
                {
                    Abandon(suite);
                }
            });
        }
    }

    /// <summary>Finds what the suite has already, for a new subscriber, or for all when something may have been missed.</summary>
    private async Task SearchAsync(Suite suite, SuiteSubscriber? subscriber)
    {
        var over = subscriber?.Left ?? suite.Ended;
        try
        {
            var found = await search.FindAsync(suite.Key, over);
            foreach (var stream in found)
            {
                Follow(suite, stream);
            }

            if (found.Count > 0 && !suite.Offer(subscriber, found))
            {
                Abandon(suite);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Nobody wants to know any more.
        }
    }

    private void SearchAgain()
    {
        foreach (var suite in suites.Values)
        {
            _ = WatchAsync(suite, () => SearchAsync(suite, null));
        }
    }

    /// <summary>A suite that has missed something: its subscribers come again, and find everything.</summary>
    private void Abandon(Suite suite)
    {
        lock (gate)
        {
            Forget(suite);
        }

        suite.CutOff();
    }

    private void Forget(Suite suite)
    {
        suites.TryRemove(KeyValuePair.Create(suite.Key, suite));
        foreach (var follower in suite.Followed.Values)
        {
            follower.Dispose();
        }

        suite.End();
    }

    private async Task WatchAsync(Suite suite, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (StoreUnavailableException outage)
        {
            logger.LogWarning(outage, "The subscribers of suite {Suite} are cut off; they are told everything when they come again", suite.Key);
            Abandon(suite);
        }
        catch (Exception bug)
        {
            logger.LogError(bug, "The subscribers of suite {Suite} are cut off by an error of the host", suite.Key);
            Abandon(suite);
        }
    }
}

/// <summary>Finds the sessions that a suite has already.</summary>
public sealed class SuiteSearch(SessionListReader sessions, ReadModelProgress projections, TimeProvider clock)
{
    // Clients may subscribe as often as they like, and after a restart all of them do at once: the database is for others too.
    private const int AtOnce = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turns = new(AtOnce);

    /// <summary>
    /// Every session of the suite that was durable when this was called, the newest <see cref="Suite.MaximumSessions"/> of them. Goes on
    /// trying until the list has caught up with the log, through outages of the database too: what was not found would be missed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Nobody wants to know any more.</exception>
    public async Task<IReadOnlyList<StreamId>> FindAsync(SuiteKey suite, CancellationToken cancellation)
    {
        var query = new SessionListQuery(suite.AccountId)
        {
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [SuiteMetadata.CheckRunSuiteId] = suite.SuiteId.ToString() },
            Limit = Suite.MaximumSessions,
        };
        await turns.WaitAsync(cancellation);
        try
        {
            return await FindAsync(query, cancellation);
        }
        finally
        {
            turns.Release();
        }
    }

    private async Task<IReadOnlyList<StreamId>> FindAsync(SessionListQuery query, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                if (await projections.WaitForHeadAsync(SessionListReader.ProjectionName, Patience, cancellation))
                {
                    var page = await Database.RunAsync(() => sessions.FindAsync(query, cancellation));
                    return [.. page.Sessions.Select(session => new StreamId(query.AccountId, session.SessionId))];
                }
            }
            catch (StoreUnavailableException)
            {
                await Task.Delay(Pause, clock, cancellation);
            }
        }
    }
}

/// <summary>
/// What a client waits for: it makes up the id of a suite, subscribes to it, and names it to whatever schedules the runs.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="SuiteId">Unique in the account.</param>
public readonly record struct SuiteKey(Guid AccountId, Guid SuiteId)
{
    /// <summary>The suite that a session was scheduled for; null for none.</summary>
    public static SuiteKey? Of(Session session) =>
        session.Metadata is { ValueKind: JsonValueKind.Object } metadata
        && metadata.TryGetProperty(SuiteMetadata.CheckRunSuiteId, out var member)
        && member.ValueKind is JsonValueKind.String
        && member.TryGetGuid(out var suiteId)
            ? new SuiteKey(session.AccountId, suiteId)
            : null;
}
