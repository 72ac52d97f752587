using System.Threading.Channels;
using Ledger.Store.Postgres;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Store;

/// <summary>
/// All events as they are committed, by this host and by others, in the global order and each exactly once. One per host. What the store
/// itself commits comes from memory; what others commit is read, when <c>NOTIFY</c> tells of it and four times a second in any case. It
/// goes on through restarts of the database.
/// </summary>
public sealed partial class EventFeed : IAsyncDisposable
{
    /// <summary>Events that are read, and handed to subscribers, at a time.</summary>
    public const int PageSize = 1_000;

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(250);

    // Holds one wake-up at most: it is not a count, only a reason to look.
    private readonly Channel<bool> wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource stopping = new();
    private readonly Subscribers<IReadOnlyList<RecordedEvent>> subscribers = new();
    private readonly PositionWaiters waiters = new();
    private readonly OwnCommits ownCommits = new();
    private readonly PostgresEventStore store;
    private readonly CommitListener listener;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private IDisposable? commits;
    private ITimer? polls;
    private Task running = Task.CompletedTask;
    private volatile bool mustLook;
    private bool stuck;
    private bool ended;

    /// <summary>A feed that has not started.</summary>
    /// <param name="store">The store to read; its own commits wake the feed without delay.</param>
    /// <param name="dataSource">The same database, to listen for commits of other hosts.</param>
    /// <param name="clock">The clock that paces polls and retries: the real one even where a test moves the ledger's. Null for the real one.</param>
    /// <param name="log">Where outages and failing subscribers are told; null for nowhere.</param>
    public EventFeed(
        PostgresEventStore store, NpgsqlDataSource dataSource, TimeProvider? clock = null, ILogger<EventFeed>? log = null)
    {
        this.store = store;
        this.clock = clock ?? TimeProvider.System;
        this.log = log ?? NullLogger<EventFeed>.Instance;
        listener = new CommitListener(dataSource, this.clock, this.log, Hear);
    }

    /// <summary>The position up to which every subscriber has been called; before the start 0.</summary>
    public long Position => waiters.Reached;

    /// <summary>Starts after the last event that is committed now.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task StartAsync(CancellationToken cancellation) => Start(await store.ReadHeadAsync(cancellation));

    /// <summary>Starts after a position; 0 for everything.</summary>
    public void Start(long afterPosition)
    {
        if (commits is not null)
        {
            throw new InvalidOperationException("The feed has been started.");
        }

        waiters.Reach(afterPosition);
        commits = store.OnCommitted(Take);
        polls = clock.CreateTimer(_ => Wake(), null, PollEvery, PollEvery);
        running = Task.WhenAll(Task.Run(RunAsync), Task.Run(() => listener.RunAsync(stopping.Token)));
        Wake();
    }

    /// <summary>
    /// Calls a handler with every page of events from now on, on one thread at a time. It must be quick, since everybody behind it
    /// waits; if it throws, that is logged and the page counts as handled. Disposing the result ends the calls.
    /// </summary>
    public IDisposable Subscribe(Action<IReadOnlyList<RecordedEvent>> handler) => subscribers.Add(handler);

    /// <summary>Ends when <see cref="Position"/> has come to a position; cancelled when the feed ends before.</summary>
    public Task WaitForAsync(long position, CancellationToken cancellation) => waiters.WaitForAsync(position, cancellation);

    /// <summary>Ends the feed; no handler is called afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (ended)
        {
            return;
        }

        ended = true;
        commits?.Dispose();
        await (polls?.DisposeAsync() ?? ValueTask.CompletedTask);
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (running.Exception is { } failure)
        {
            LogEnded(failure);
        }

        waiters.Abandon();
        stopping.Dispose();
    }

    /// <summary>There may be events of others.</summary>
    private void Wake()
    {
        mustLook = true;
        wakeUps.Writer.TryWrite(true);
    }

    private void Hear(long head)
    {
        if (head > Position)
        {
            Wake();
        }
    }

    private void Take(Commit commit)
    {
        ownCommits.Add(commit);
        wakeUps.Writer.TryWrite(true);
    }

    private async Task RunAsync()
    {
        await foreach (var _ in wakeUps.Reader.ReadAllAsync(stopping.Token))
        {
            try
            {
                while (await PublishPageAsync())
                {
                    // Until the end of the events.
                }

                stuck = false;
            }
            catch (Exception fault) when (fault is StoreUnavailableException or UnreadableEventException)
            {
                // Nothing is ever skipped: it stays here, and tries again with the next poll.
                if (!stuck)
                {
                    LogStuck(Position, fault);
                }

                stuck = true;
            }
        }
    }

    private async Task<bool> PublishPageAsync()
    {
        if (ownCommits.After(Position) is { } own)
        {
            Publish(own);
            return true;
        }

        if (!mustLook && !ownCommits.HasMore)
        {
            return false;
        }

        mustLook = false;
        var page = await store.ReadAllAsync(Position, PageSize, stopping.Token);
        if (page.Count == 0)
        {
            return false;
        }

        mustLook |= page.Count == PageSize;
        Publish(page);
        return true;
    }

    private void Publish(IReadOnlyList<RecordedEvent> page)
    {
        subscribers.Publish(page, LogSubscriberFailed);
        waiters.Reach(page[^1].Position);
    }

    [LoggerMessage(LogLevel.Error, "A subscriber of the event feed failed.")]
    private partial void LogSubscriberFailed(Exception error);

    [LoggerMessage(LogLevel.Warning, "The event feed waits after position {Position}.")]
    private partial void LogStuck(long position, Exception reason);

    [LoggerMessage(LogLevel.Error, "The event feed had ended early.")]
    private partial void LogEnded(Exception failure);
}
