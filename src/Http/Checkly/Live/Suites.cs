using System.Collections.Concurrent;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// The suites that somebody on this host is subscribed to. Every host serves its own subscribers from the event log, whichever host wrote
/// the events. An event that concerns none of them costs a look into a dictionary.
/// </summary>
public sealed class Suites(SuiteSearch search, SessionWriter sessions, ILogger<Suites> logger)
{
    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<SuiteKey, Suite> suites = new();
    private readonly ConcurrentDictionary<StreamId, Suite> followed = new();

    /// <summary>Takes the next events of the log, in order. Never blocks.</summary>
    public void Publish(IReadOnlyList<RecordedEvent> events)
    {
        if (suites.IsEmpty)
        {
            return;
        }

        foreach (var recorded in events)
        {
            var suite = recorded.Data is SessionTriggered triggered
                ? FollowNew(recorded.Stream, triggered)
                : followed.GetValueOrDefault(recorded.Stream);
            if (suite?.Offer(recorded) is false)
            {
                Abandon(suite);
            }
        }
    }

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
                suites[subscriber.Suite] = suite = new Suite(subscriber.Suite, sessions);
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

    private Suite? FollowNew(StreamId stream, SessionTriggered triggered)
    {
        if (SuiteKey.Of(triggered) is not { } key || !suites.TryGetValue(key, out var suite))
        {
            return null;
        }

        Follow(suite, stream);
        return followed.GetValueOrDefault(stream);
    }

    private void Follow(Suite suite, params IReadOnlyList<StreamId> streams)
    {
        lock (gate)
        {
            if (suites.GetValueOrDefault(suite.Key) != suite)
            {
                return;
            }

            foreach (var stream in streams)
            {
                if (suite.Followed.Count < Suite.MaximumSessions && suite.Followed.Add(stream))
                {
                    followed[stream] = suite;
                }
            }
        }
    }

    private async Task SearchAsync(Suite suite, SuiteSubscriber subscriber)
    {
        try
        {
            var found = await search.FindAsync(suite.Key, subscriber.Left);
            Follow(suite, found);
            if (found.Count > 0 && !suite.Offer(subscriber, found))
            {
                subscriber.CutOff();
            }
        }
        catch (OperationCanceledException) when (subscriber.Left.IsCancellationRequested)
        {
            // Nobody wants to know any more.
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
        foreach (var stream in suite.Followed)
        {
            followed.TryRemove(KeyValuePair.Create(stream, suite));
        }

        suite.Followed.Clear();
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
