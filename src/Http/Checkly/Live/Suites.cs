using System.Collections.Concurrent;
using System.Threading.Channels;
using MQTTnet;

namespace Ledger.Http.Checkly.Live;

/// <summary>
/// What a client waits for: it makes up the id of a suite, subscribes to it, and names it to whatever schedules the runs.
/// </summary>
/// <param name="AccountId">The tenant.</param>
/// <param name="SuiteId">Unique in the account.</param>
public readonly record struct SuiteKey(Guid AccountId, Guid SuiteId)
{
    /// <summary>What wakes who waits for it.</summary>
    public ChangeTopic Topic => ChangeTopic.Of(AccountId, "suite", SuiteId.ToString());

    /// <summary>The suite that a session was scheduled for; null for none.</summary>
    public static SuiteKey? Of(Session session) =>
        Guid.TryParseExact(session.Metadata.Text(SuiteMetadata.CheckRunSuiteId), "D", out var suiteId) ? new SuiteKey(session.AccountId, suiteId) : null;
}

/// <summary>
/// Where subscriptions find the sessions of their suites. Every host serves its own subscribers, whichever host wrote the events. A change
/// that concerns none of them costs a look into a dictionary.
/// </summary>
public sealed class Suites
{
    // Clients may subscribe as often as they like, and after a restart all of them do at once: the database is for others too.
    private const int SearchesAtOnce = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim turns = new(SearchesAtOnce);
    private readonly ConcurrentDictionary<SuiteSubscription, bool> subscriptions = new();
    private readonly SessionListReader list;
    private readonly ReadModelProgress projections;
    private readonly TimeProvider clock;
    private readonly ILogger<Suites> logger;

    public Suites(
        SessionListReader list,
        ReadModelProgress projections,
        SessionWriter sessions,
        SessionChanges changes,
        TimeProvider clock,
        ILogger<Suites> logger)
    {
        (this.list, this.projections, this.clock, this.logger) = (list, projections, clock, logger);
        (Sessions, Changes) = (sessions, changes);
        changes.WhenMissed(() =>
        {
            foreach (var subscription in subscriptions.Keys)
            {
                subscription.Search();
            }
        });
    }

    internal SessionWriter Sessions { get; }

    internal SessionChanges Changes { get; }

    /// <summary>The suite of a session, with every change of it: who has missed its beginning finds it by the next.</summary>
    public static IEnumerable<ChangeTopic> TopicsOf(SessionChange change) =>
        SuiteKey.Of(change.Session.Session) is { } key ? [key.Topic] : [];

    internal void Add(SuiteSubscription subscription) => subscriptions.TryAdd(subscription, true);

    internal void Remove(SuiteSubscription subscription) => subscriptions.TryRemove(subscription, out _);

    /// <summary>
    /// Every session of a suite that was durable when this was called, the newest of them. Goes on trying until the list has caught up with
    /// the log, through outages of the database too: what was not found would be missed.
    /// </summary>
    /// <exception cref="OperationCanceledException">Nobody wants to know any more.</exception>
    internal async Task<IReadOnlyList<StreamId>> FindAsync(SuiteKey suite, CancellationToken cancellation)
    {
        var query = new SessionListQuery(suite.AccountId)
        {
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { [SuiteMetadata.CheckRunSuiteId] = suite.SuiteId.ToString() },
            Limit = SuiteSubscription.MaximumSessions,
        };
        await turns.WaitAsync(cancellation);
        try
        {
            while (true)
            {
                try
                {
                    if (await projections.WaitForHeadAsync(SessionListReader.ProjectionName, Patience, cancellation))
                    {
                        var page = await Database.RunAsync(() => list.FindAsync(query, cancellation));
                        return [.. page.Sessions.Select(session => new StreamId(suite.AccountId, session.SessionId))];
                    }
                }
                catch (StoreUnavailableException)
                {
                    await Task.Delay(Pause, clock, cancellation);
                }
            }
        }
        finally
        {
            turns.Release();
        }
    }

    /// <summary>Does a part of a subscription's work. A client for which it fails is cut off: it comes again, and is told everything.</summary>
    internal async Task WatchAsync(SuiteSubscription subscription, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (OperationCanceledException) when (subscription.Left.IsCancellationRequested)
        {
            // Nobody wants to know any more.
        }
        catch (Exception fault)
        {
            logger.Log(
                fault is StoreUnavailableException ? LogLevel.Warning : LogLevel.Error,
                fault,
                "A subscriber of suite {Suite} is cut off, and is told everything when it comes again",
                subscription.Suite);
            subscription.CutOff();
        }
    }
}

/// <summary>
/// One subscription to a suite: the suite's sessions, folded as their events come, and what becomes of that for the client. It has a thread of
/// work of its own, so that neither who writes nor another client waits for it.
/// </summary>
/// <param name="suite">Which one.</param>
/// <param name="filter">What of the suite is asked for.</param>
/// <param name="client">Who asks.</param>
/// <param name="suites">Where its sessions are found.</param>
public sealed class SuiteSubscription(SuiteKey suite, string filter, LiveClient client, Suites suites) : IDisposable
{
    /// <summary>The most sessions that are followed. Clients have one suite for each session.</summary>
    public const int MaximumSessions = 1_000;

    private const int MaximumWaiting = 16_384;
    private const long MaximumWaitingBytes = 16 * 1024 * 1024;

    // What waits in a client's queue costs this beside its bytes.
    private const int EntrySize = 128;

    private readonly Channel<Input> inputs = Channel.CreateBounded<Input>(new BoundedChannelOptions(MaximumWaiting) { SingleReader = true });
    private readonly Dictionary<StreamId, SessionFollower> followed = [];
    private readonly Dictionary<StreamId, SessionSnapshot> told = [];
    private readonly CancellationTokenSource left = new();
    private readonly Lock gate = new();
    private IDisposable? finding;
    private long waitingBytes;

    public SuiteKey Suite => suite;

    /// <summary>Ends with the subscription.</summary>
    public CancellationToken Left => left.Token;

    /// <summary>
    /// Begins: first the present state of everything that the suite has, then each change. Followed first and read afterwards, so that nothing
    /// falls in between.
    /// </summary>
    public void Begin()
    {
        lock (gate)
        {
            if (left.IsCancellationRequested)
            {
                return;
            }

            finding = suites.Changes.Follow(suite.Topic, Find);
            suites.Add(this);
        }

        _ = suites.WatchAsync(this, WorkAsync);
        Search();
    }

    /// <summary>Finds what the suite has already, or what may have been missed.</summary>
    public void Search() => _ = suites.WatchAsync(this, async () =>
    {
        var found = await suites.FindAsync(suite, Left);
        Offer(new Input(null, [.. found.Where(stream => Follow(stream) is not null)]));
    });

    /// <summary>Ends it, or keeps it from beginning.</summary>
    public void Dispose()
    {
        left.Cancel();
        inputs.Writer.TryComplete();
        lock (gate)
        {
            suites.Remove(this);
            finding?.Dispose();
            foreach (var follower in followed.Values)
            {
                follower.Dispose();
            }
        }
    }

    /// <summary>Cuts the client off, since messages are missing.</summary>
    public void CutOff() => client.CutOff();

    /// <summary>A session of the suite has begun, or has changed.</summary>
    private void Find(SessionChange change)
    {
        if (SuiteKey.Of(change.Session.Session) != suite || Follow(change.Stream) is not { } follower)
        {
            return;
        }

        if (change.After == 0)
        {
            // All of its events come to the follower. What others wrote before it was there is read.
            follower.Start(0);
            suites.Changes.Look(change.Stream);
        }
        else
        {
            Offer(new Input(null, [change.Stream]));
        }
    }

    /// <summary>Follows a session; null when it is followed already, or cannot be.</summary>
    private SessionFollower? Follow(StreamId stream)
    {
        lock (gate)
        {
            return left.IsCancellationRequested || followed.ContainsKey(stream) || followed.Count == MaximumSessions
                ? null
                : followed[stream] = suites.Changes.Follow(stream, recorded => Offer(new Input(recorded, [])));
        }
    }

    /// <summary>Never blocks: a client for which there is no room is cut off.</summary>
    private void Offer(Input input)
    {
        if (Interlocked.Add(ref waitingBytes, input.Bytes) > MaximumWaitingBytes
            || (!inputs.Writer.TryWrite(input) && !left.IsCancellationRequested))
        {
            CutOff();
        }
    }

    private async Task WorkAsync()
    {
        await foreach (var input in inputs.Reader.ReadAllAsync(Left))
        {
            if (input.Recorded is { } recorded)
            {
                Apply(recorded);
            }
            else
            {
                foreach (var snapshot in await suites.Sessions.ReadManyAsync(input.Found, Left))
                {
                    told[snapshot.Stream] = snapshot;
                    if (Sees(snapshot.Session))
                    {
                        client.Send(SuiteMessages.Now(suite, snapshot.Session).Where(IsAskedFor), EntrySize);
                    }

                    Start(snapshot);
                }
            }

            Interlocked.Add(ref waitingBytes, -input.Bytes);
        }
    }

    private void Start(SessionSnapshot snapshot)
    {
        SessionFollower follower;
        lock (gate)
        {
            follower = followed[snapshot.Stream];
        }

        follower.Start(snapshot.Version);
    }

    /// <summary>The events of a session come in order, each once.</summary>
    private void Apply(RecordedEvent recorded)
    {
        var before = told.GetValueOrDefault(recorded.Stream);
        var after = SessionSnapshot.Fold(before, [recorded])!;
        told[recorded.Stream] = after;
        if (before is not null && Sees(after.Session))
        {
            foreach (var message in SuiteMessages.Of(suite, before.Session, after.Session, recorded.Data).Where(IsAskedFor))
            {
                client.Send([message], message.Size + EntrySize);
            }
        }
    }

    /// <summary>A key that is bound to a project knows of that project's sessions alone.</summary>
    private bool Sees(Session session) => client.Project is null || client.Project == session.Project;

    private bool IsAskedFor(SuiteMessage message) =>
        MqttTopicFilterComparer.Compare(message.Content.Topic, filter) is MqttTopicFilterCompareResult.IsMatch;

    /// <summary>Either an event, or sessions that were found and are followed, but not started yet.</summary>
    private readonly record struct Input(RecordedEvent? Recorded, IReadOnlyList<StreamId> Found)
    {
        public long Bytes => Recorded is { } recorded ? SessionSnapshot.BytesOf(recorded.Data) : 0;
    }
}
