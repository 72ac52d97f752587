using Ledger.Store;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>
/// Drives one projection on one host: becomes its owner or waits to, follows the log from its checkpoint, commits batch after batch. An
/// outage is waited for; an event that cannot be handled is isolated by halving the batch, and stops this projection alone.
/// </summary>
internal sealed partial class ProjectionWorker(
    Projection projection,
    IEventStore store,
    NpgsqlDataSource dataSource,
    RecentEvents recent,
    Func<string, long, TimeSpan, CancellationToken, Task<bool>> waitFor,
    Action progressed,
    DaemonSettings settings,
    TimeProvider clock,
    ILogger log)
{
    private const int LongestError = 2_000;

    private readonly Pulse work = new(clock);
    private readonly Pulse hurry = new(clock);
    private long position;
    private volatile bool isOwner;
    private bool isAway;

    public Projection Projection { get; } = projection;

    /// <summary>Those who wait for a position, on this host.</summary>
    public PositionSignal Waiters { get; } = new();

    /// <summary>Whether this host owns the projection.</summary>
    public bool IsOwner => isOwner;

    /// <summary>How far it has come; of meaning only for the owner.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>There may be something to do.</summary>
    public void Wake() => work.Beat();

    /// <summary>Somebody waits for this projection: it does not wait for more events to come.</summary>
    public void Hurry() => hurry.Beat();

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var ownership = await Ownership.TryTakeAsync(dataSource, Projection.Checkpoint, settings.Owner, stopping);
                if (ownership is not null)
                {
                    await FollowAsync(ownership, stopping);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (StaleOwnerException stale)
            {
                LogSteppedDown(Projection.Checkpoint, stale.Message);
            }
            catch (Exception outage) when (Outage.Is(outage))
            {
                if (!isAway)
                {
                    LogOutage(outage, Projection.Checkpoint);
                }

                isAway = true;
            }
            catch (Exception failure)
            {
                LogFailed(failure, Projection.Checkpoint);
            }
            finally
            {
                isOwner = false;
                progressed();
            }

            await Task.Delay(settings.Retry, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task FollowAsync(Ownership ownership, CancellationToken stopping)
    {
        var before = ownership.Position;

        // In this order: who begins to wait meanwhile is either reached, or sees the owner's position.
        Volatile.Write(ref position, before);
        isOwner = true;
        Moved(before);
        isAway = false;
        LogOwner(Projection.Checkpoint, before);
        var limit = settings.BatchSize;
        var isCaughtUp = false;
        while (true)
        {
            IReadOnlyList<RecordedEvent> events = [];
            try
            {
                events = recent.After(before, limit);
                if (events.Count == 0 && (!isCaughtUp || recent.Last > before))
                {
                    events = await store.ReadAllAsync(before, limit, stopping);
                    isCaughtUp = events.Count < limit;
                }

                if (events.Count > 0)
                {
                    await HandleAsync(ownership, before, events, stopping);
                    before = events[^1].Position;
                    limit = settings.BatchSize;
                    Moved(before);
                    await GatherAsync(events.Count, stopping);
                    continue;
                }
            }
            catch (Exception failure) when (ownership.IsAlive && IsAboutTheEvents(failure, stopping))
            {
                var tried = events.Count > 0 ? events.Count : limit;
                if (tried > 1)
                {
                    limit = tried / 2;
                }
                else
                {
                    await StopUntilToldAsync(ownership, before + 1, failure, stopping);
                }

                continue;
            }

            if (!await work.WaitAsync(settings.Poll, stopping))
            {
                await ownership.IsStoppedAsync(stopping);
                isCaughtUp = false;
            }
        }
    }

    /// <summary>Under load, a small pause makes one transaction of what would have been many.</summary>
    private async ValueTask GatherAsync(int handled, CancellationToken stopping)
    {
        if (handled < settings.BatchSize && !Waiters.HasWaiters)
        {
            await hurry.WaitAsync(settings.Gather, stopping);
        }
    }

    private async Task HandleAsync(
        Ownership ownership, long before, IReadOnlyList<RecordedEvent> events, CancellationToken stopping)
    {
        if (events[0].Position != before + 1)
        {
            throw new InvalidOperationException($"The log has a gap after position {before}.");
        }

        foreach (var required in Projection.Requires)
        {
            while (!await waitFor(required, events[^1].Position, settings.Poll, stopping))
            {
                await ownership.IsStoppedAsync(stopping);
            }
        }

        var statements = await Projection.PrepareAsync(ownership.Connection, events, stopping);
        await ownership.CommitAsync(before, events[^1].Position, statements, stopping);
    }

    private async Task StopUntilToldAsync(Ownership ownership, long at, Exception failure, CancellationToken stopping)
    {
        LogStopped(failure, Projection.Checkpoint, at);
        var error = $"{failure.GetType().Name}: {failure.Message}".Replace('\0', ' ');
        await ownership.StopAsync(at, error.Length > LongestError ? error[..LongestError] : error, stopping);
        while (await ownership.IsStoppedAsync(stopping))
        {
            await Task.Delay(settings.Poll, clock, stopping);
        }
    }

    private static bool IsAboutTheEvents(Exception failure, CancellationToken stopping) => failure switch
    {
        OperationCanceledException => !stopping.IsCancellationRequested,
        StaleOwnerException => false,
        _ => !Outage.Is(failure),
    };

    private void Moved(long to)
    {
        Volatile.Write(ref position, to);
        Waiters.Reach(to);
        progressed();
    }

    [LoggerMessage(LogLevel.Information, "This host owns projection {Projection} from position {Position} on.")]
    private partial void LogOwner(string projection, long position);

    [LoggerMessage(LogLevel.Warning, "This host no longer owns projection {Projection}: {Why}")]
    private partial void LogSteppedDown(string projection, string why);

    [LoggerMessage(LogLevel.Warning, "Projection {Projection} waits for the database.")]
    private partial void LogOutage(Exception outage, string projection);

    [LoggerMessage(LogLevel.Error, "Projection {Projection} could not go on, and tries again.")]
    private partial void LogFailed(Exception failure, string projection);

    [LoggerMessage(LogLevel.Error, "Projection {Projection} stopped: it cannot handle the event at position {Position}.")]
    private partial void LogStopped(Exception failure, string projection, long position);
}
