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
    EventLog store,
    NpgsqlDataSource dataSource,
    RecentEvents recent,
    Action<ProjectionWorker> progressed,
    DaemonSettings settings,
    TimeProvider clock,
    ILogger log)
{
    // Positions cost a derived projection nothing: what it reads are the rows that these positions have brought.
    private const int PositionsPerEvent = 4;

    private readonly Pulse work = new(clock);
    private readonly Pulse hurry = new(clock);
    private readonly Pace pace = new(clock);
    private long position;
    private long epoch;
    private volatile bool isOwner;
    private bool isAway;

    public Projection Projection { get; } = projection;

    /// <summary>Those who wait for a position, on this host.</summary>
    public PositionSignal Waiters { get; } = new();

    /// <summary>The projections of this host whose rows this one reads.</summary>
    public List<ProjectionWorker> Required { get; } = [];

    /// <summary>The projections of this host that read the rows of this one.</summary>
    public List<ProjectionWorker> Dependents { get; } = [];

    /// <summary>Whether this host owns the projection.</summary>
    public bool IsOwner => isOwner;

    /// <summary>How far it has come; of meaning only for the owner.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>Which ownership it is; of meaning only for the owner.</summary>
    public long Epoch => Volatile.Read(ref epoch);

    /// <summary>How many events a second it handles; null when it is idle, or another host's.</summary>
    public double? PerSecond => isOwner ? pace.PerSecond : null;

    /// <summary>Whether anybody waits for it, or for what reads its rows.</summary>
    public bool IsAwaited => Waiters.HasWaiters || Dependents.Exists(dependent => dependent.IsAwaited);

    /// <summary>Names what it reads from; before the start.</summary>
    public void Require(IEnumerable<ProjectionWorker> required)
    {
        Required.AddRange(required);
        Required.ForEach(each => each.Dependents.Add(this));
    }

    /// <summary>There may be something to do.</summary>
    public void Wake() => work.Beat();

    /// <summary>Somebody waits for this projection: it, and what it reads from, do not wait for more events to come.</summary>
    public void Hurry()
    {
        hurry.Beat();
        foreach (var required in Required)
        {
            required.Hurry();
        }
    }

    public async Task RunAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var wasReplaced = false;
            try
            {
                await using var ownership = await Ownership.TryTakeAsync(dataSource, Projection, settings, stopping);
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
                // After the switch to a rebuilt copy nobody else owns it, and there is no reason to wait.
                wasReplaced = isOwner;
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
                progressed(this);
            }

            if (!wasReplaced)
            {
                await Task.Delay(settings.Retry, clock, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task FollowAsync(Ownership ownership, CancellationToken stopping)
    {
        var before = ownership.Position;

        // In this order: who begins to wait meanwhile is either reached, or sees the owner's position.
        Volatile.Write(ref epoch, ownership.Epoch);
        Volatile.Write(ref position, before);
        isOwner = true;
        Moved(before);
        isAway = false;
        LogOwner(Projection.Checkpoint, before);
        var batch = new BatchSize(settings.BatchSize, settings.LargestBatch * (Projection is DerivedProjection ? PositionsPerEvent : 1));
        await using var events = new LogReader(Projection, store, recent);
        var head = before;
        var pause = settings.CheckpointPoll;
        while (true)
        {
            var through = before + batch.Next;
            try
            {
                head = Math.Max(head, store.SafeHead);
                var reach = head > before ? Math.Min(head, await ReachOfRequiredAsync(ownership, stopping)) : before;
                through = Math.Min(through, reach);
                if (through > before)
                {
                    var reached = await HandleAsync(ownership, events, batch, before, through, reach, stopping);
                    var isBehind = reached < reach;
                    batch.Written(isBehind);
                    pace.Count(reached - before);
                    Moved(reached);
                    before = reached;
                    pause = settings.CheckpointPoll;
                    if (!isBehind && !IsAwaited)
                    {
                        // Under load, a small pause makes one transaction of what would have been many.
                        await hurry.WaitAsync(settings.Gather, stopping);
                    }

                    continue;
                }
            }
            catch (Exception failure) when (ownership.IsAlive && IsAboutTheEvents(failure, stopping))
            {
                await events.EndAsync();
                if (!batch.Failed(through - before))
                {
                    before = await StopUntilToldAsync(ownership, before + 1, failure, stopping);
                    Moved(before);
                }

                continue;
            }

            // Nobody tells of the progress of a projection that another host owns.
            var isBlocked = head > before && Required.Any(required => !required.IsOwner);
            pause = isBlocked && pause * 2 < settings.Poll ? pause * 2 : settings.Poll;
            if (!await work.WaitAsync(pause, stopping))
            {
                await ownership.IsStoppedAsync(stopping);
            }
        }
    }

    /// <summary>Writes the batch up to a position, or to an earlier one, and says which.</summary>
    private async Task<long> HandleAsync(
        Ownership ownership, LogReader events, BatchSize batch, long before, long through, long reach, CancellationToken stopping)
    {
        IReadOnlyList<NpgsqlBatchCommand> statements;
        if (Projection is DerivedProjection derived)
        {
            statements = await derived.PrepareAsync(ownership.Connection, before, through, stopping);
        }
        else
        {
            var page = await events.ReadAsync(before, through, stopping);
            if (reach - page.Through > settings.BatchSize)
            {
                await events.BeginAsync(page.Through, Math.Min(reach, page.Through + batch.AfterNext), stopping);
            }

            through = page.Through;
            statements = page.Events.Count == 0 ? [] : await Projection.PrepareAsync(ownership.Connection, page.Events, stopping);
        }

        await ownership.CommitAsync(before, through, statements, stopping);
        return through;
    }

    /// <summary>How far it may go: no further than what it reads from has come.</summary>
    private async ValueTask<long> ReachOfRequiredAsync(Ownership ownership, CancellationToken stopping)
    {
        var reach = long.MaxValue;
        var elsewhere = new List<string>();
        foreach (var required in Required)
        {
            // In this order: the position of one that is owned here is its own.
            var here = required.Position;
            if (required.IsOwner)
            {
                reach = Math.Min(reach, here);
            }
            else
            {
                elsewhere.Add(required.Projection.Checkpoint);
            }
        }

        return elsewhere.Count == 0 ? reach : Math.Min(reach, await ownership.ReadPositionAsync([.. elsewhere], stopping));
    }

    /// <summary>Waits until the event is to be tried again, or has been skipped; gives the position to go on from.</summary>
    private async Task<long> StopUntilToldAsync(Ownership ownership, long at, Exception failure, CancellationToken stopping)
    {
        LogStopped(failure, Projection.Checkpoint, at);
        await ownership.StopAsync(at, PoisonError.Describe(failure), stopping);
        while (await ownership.IsStoppedAsync(stopping))
        {
            await Task.Delay(settings.Poll, clock, stopping);
        }

        return await ownership.ReadPositionAsync(stopping);
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
        progressed(this);
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
