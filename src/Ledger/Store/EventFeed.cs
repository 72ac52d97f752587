using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ledger.Store;

/// <summary>
/// The log as it grows, in the global order and without an omission, each page once: read up to the safe head, when that moves and four times
/// a second in any case. One per host. It goes on through restarts of the database.
/// </summary>
public sealed partial class EventFeed : IAsyncDisposable
{
    private const int PageSize = 1_000;

    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(250);

    // Holds one wake-up at most: it is not a count, only a reason to look.
    private readonly Channel<bool> wakeUps = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly CancellationTokenSource stopping = new();
    private readonly Subscribers<EventPage> subscribers = new();
    private readonly EventLog log;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private ITimer? polls;
    private Task running = Task.CompletedTask;
    private long position;
    private bool stuck;

    /// <summary>A feed that has not started.</summary>
    /// <param name="log">What to read.</param>
    /// <param name="clock">The clock that paces polls: the real one even where a test moves the ledger's. Null for the real one.</param>
    /// <param name="logger">Where outages and failing subscribers are told; null for nowhere.</param>
    public EventFeed(EventLog log, TimeProvider? clock = null, ILogger<EventFeed>? logger = null)
    {
        this.log = log;
        this.clock = clock ?? TimeProvider.System;
        this.logger = logger ?? NullLogger<EventFeed>.Instance;
    }

    /// <summary>The position up to which every subscriber has been called.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>Starts after the safe head of now, once.</summary>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task StartAsync()
    {
        await log.StartAsync(() => wakeUps.Writer.TryWrite(true));
        Volatile.Write(ref position, log.SafeHead);
        polls = clock.CreateTimer(_ => wakeUps.Writer.TryWrite(true), null, PollEvery, PollEvery);
        running = Task.Run(RunAsync);
    }

    /// <summary>
    /// Calls a handler with every page of events from now on, on one thread at a time. It must be quick, since everybody behind it
    /// waits; if it throws, that is logged and the page counts as handled. Disposing the result ends the calls.
    /// </summary>
    public IDisposable Subscribe(Action<EventPage> handler) => subscribers.Add(handler);

    /// <summary>Ends the feed; no handler is called afterwards.</summary>
    public async ValueTask DisposeAsync()
    {
        if (stopping.IsCancellationRequested)
        {
            return;
        }

        await stopping.CancelAsync();
        await (polls?.DisposeAsync() ?? ValueTask.CompletedTask);
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stopping.Dispose();
    }

    private async Task RunAsync()
    {
        await foreach (var _ in wakeUps.Reader.ReadAllAsync(stopping.Token))
        {
            try
            {
                while (log.SafeHead is var head && head > Position)
                {
                    var page = await log.ReadPageAsync(Position, Math.Min(head, Position + PageSize), null, stopping.Token);
                    subscribers.Publish(page, LogSubscriberFailed);
                    Volatile.Write(ref position, page.Through);
                }

                stuck = false;
            }
            catch (Exception fault) when (fault is StoreUnavailableException or UnreadableEventException)
            {
                // Nothing is ever left out: it stays here, and tries again with the next poll.
                if (!stuck)
                {
                    LogStuck(Position, fault);
                }

                stuck = true;
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A subscriber of the event feed failed.")]
    private partial void LogSubscriberFailed(Exception error);

    [LoggerMessage(LogLevel.Warning, "The event feed waits after position {Position}.")]
    private partial void LogStuck(long position, Exception reason);
}
