using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Store;
using Ledger.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Ledger.Projections.Deadlines;

/// <summary>
/// Keeps the promises that nobody else keeps: a run whose runner vanished is lost, one over its own limit times out, a cancel that nobody
/// acknowledges is forced and then expires (docs/domain.md#rule-8). Everything that it knows stands in the database, so that it survives a
/// restart; of several hosts one does it at a time, and what two of them should do both is done once, since the session decides.
/// </summary>
public sealed partial class DeadlineWatch : IAsyncDisposable
{
    private const int AtOnce = 16;

    // However many runs are watched, looking at them takes at most a fifth of one processor.
    private const int PausePerScan = 4;

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    // A host that has stood still for so long no longer keeps anybody's promises: another one takes over.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SweepEvery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CatchUp = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource stopping = new();
    private readonly NpgsqlDataSource dataSource;
    private readonly SessionWriter streams;
    private readonly ProjectionDaemon daemon;
    private readonly DeadlineSettings settings;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly ObservedDeadlines deadlines;
    private Task running = Task.CompletedTask;
    private bool isAway;

    /// <summary>A watch that does nothing before <see cref="StartAsync"/>.</summary>
    /// <param name="dataSource">The database, without multiplexing; the host that watches holds a connection.</param>
    /// <param name="streams">Where the sessions decide.</param>
    /// <param name="daemon">Keeps the open runs; disposed after the watch.</param>
    /// <param name="settings">The deadlines of a cancel.</param>
    /// <param name="clock">The ledger's clock.</param>
    /// <param name="log">Where outages are told; null for nowhere.</param>
    public DeadlineWatch(
        NpgsqlDataSource dataSource,
        SessionWriter streams,
        ProjectionDaemon daemon,
        DeadlineSettings settings,
        TimeProvider clock,
        ILogger<DeadlineWatch>? log = null)
    {
        this.dataSource = dataSource;
        this.streams = streams;
        this.daemon = daemon;
        this.settings = settings;
        this.clock = clock;
        this.log = log ?? NullLogger<DeadlineWatch>.Instance;
        deadlines = new ObservedDeadlines(clock);
    }

    /// <summary>Starts the watch, once. Ends at once.</summary>
    public Task StartAsync(CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        running = RunAsync();
        return Task.CompletedTask;
    }

    /// <summary>Stops; another host, or the next start, goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!stopping.IsCancellationRequested)
        {
            await stopping.CancelAsync();
            await running;
            stopping.Dispose();
        }
    }

    /// <summary>Looks once at everything that is due, and does what has to be done.</summary>
    internal async Task ScanAsync(NpgsqlConnection connection, bool isFirst)
    {
        var runs = (await WatchedRun.ReadAsync(connection, stopping.Token)).ToDictionary(run => run.Run);
        var passed = deadlines.Scan([.. runs.Values.SelectMany(run => run.Deadlines(settings))], isFirst);
        await Parallel.ForEachAsync(
            passed,
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping.Token },
            async (deadline, cancellation) => await SettleAsync(runs[deadline.Key.Run], deadline.Key.Kind, cancellation));
    }

    private async Task RunAsync()
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await using var held = await AdvisoryLock.TryTakeAsync(dataSource, "ledger deadlines", Silence, stopping.Token);
                if (held is not null)
                {
                    await WatchAsync(held.Connection);
                }
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception outage) when (Outage.Is(outage))
            {
                if (!isAway)
                {
                    LogOutage(outage);
                }

                isAway = true;
            }
            catch (Exception failure)
            {
                LogFailed(failure);
            }

            await PauseAsync(Retry);
        }
    }

    private async Task WatchAsync(NpgsqlConnection connection)
    {
        // Rows that only appear while the projection catches up would be taken for new ones and be granted their whole duration again.
        if (!await daemon.WaitForHeadAsync(OpenRunsReader.ProjectionName, CatchUp, stopping.Token))
        {
            LogBehind();
        }

        var sweptAt = clock.GetTimestamp();
        for (var isFirst = true; !stopping.IsCancellationRequested; isFirst = false)
        {
            var scanBegan = clock.GetTimestamp();
            await ScanAsync(connection, isFirst);
            var scan = clock.GetElapsedTime(scanBegan);
            if (clock.GetElapsedTime(sweptAt) >= SweepEvery)
            {
                await Leases.SweepAsync(connection, stopping.Token);
                sweptAt = clock.GetTimestamp();
            }

            isAway = false;
            await PauseAsync(scan * PausePerScan > Tick ? scan * PausePerScan : Tick);
        }
    }

    private async ValueTask SettleAsync(WatchedRun run, DeadlineKind kind, CancellationToken cancellation)
    {
        try
        {
            var executed = await streams.ExecuteAsync(
                new StreamId(run.Run.AccountId, run.Run.SessionId),
                (session, now) => run.Decide(kind, session, now),
                new EventContext("deadlines"),
                cancellation: cancellation);
            if (executed.Decision.Events.Count > 0)
            {
                LogPassed(kind, run.Run.SessionId, run.Run.SequenceId);
            }
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            // One session keeps nothing from the others; the deadline stays, and is tried again, until its row has gone.
            LogNotSettled(failure, kind, run.Run.SessionId, run.Run.SequenceId);
        }
    }

    private async Task PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, clock, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(LogLevel.Information, "The deadline {Kind} of run {Run} of session {Session} has passed.")]
    private partial void LogPassed(DeadlineKind kind, Guid session, Guid run);

    [LoggerMessage(LogLevel.Error, "The deadline {Kind} of run {Run} of session {Session} has passed and is not settled yet.")]
    private partial void LogNotSettled(Exception failure, DeadlineKind kind, Guid session, Guid run);

    [LoggerMessage(LogLevel.Error, "The watch over the deadlines could not go on, and tries again.")]
    private partial void LogFailed(Exception failure);

    [LoggerMessage(LogLevel.Warning, "The deadlines wait for the database.")]
    private partial void LogOutage(Exception outage);

    [LoggerMessage(LogLevel.Warning, "The open runs are not up to date; deadlines that appear late are granted their whole time.")]
    private partial void LogBehind();
}
