using Ledger.Streams;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using NpgsqlTypes;

namespace Ledger.Deadlines;

/// <summary>
/// Keeps the promises that nobody else keeps: a run whose runner vanished is lost, or queued again if it had not begun; one far over its own limit
/// times out; a cancel that nobody acknowledges is forced, and then expires (docs/deadlines.md). Every host sweeps, and nobody leads: what one
/// has found the others leave alone for a moment, and what two of them do is done once, since the session decides.
/// </summary>
/// <remarks>
/// Each sweep also says in the database that it took place. A gap longer than <see cref="DeadlineSettings.LongestGap"/> since the last one of
/// any host was an outage, of the ledger or of the database, and does not count: the same statement that would find a lease at its end finds out
/// first that nobody could renew it.
/// </remarks>
public sealed partial class DeadlineSweep
{
    /// <summary>What operators know it by.</summary>
    public const string Part = "deadlines";

    /// <summary>Without a sweep for so long, deadlines may pass without anything happening.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private const int AtOnce = 256;

    // The time is taken once, so that a database that is frozen in the midst of this statement is seen by the next one. Where hosts sweep at
    // the same time, the later one to write may have looked earlier: a step back that small is none.
    private const string SweepSql = """
        with clock as (
          update ledger.deadline_clock c set
            lost_seconds = ledger.lost_seconds(c, r.at),
            swept_at = case
              when r.at between c.swept_at - make_interval(secs => c.longest_gap_seconds) and c.swept_at then c.swept_at
              else r.at
            end,
            longest_gap_seconds = $2,
            lease_seconds = $3
          from (select clock_timestamp() as at) r
          returning c.lost_seconds, coalesce(nullif($1, 'infinity'), r.at) - make_interval(secs => c.lost_seconds) as now
        ), found as (
          select d.account_id, d.session_id, d.sequence_id
          from ledger.due_times d
          where d.due_at <= (select now from clock) and d.look_at <= (select now from clock)
          order by d.due_at
          limit $4
          for update of d skip locked
        ), taken as (
          update ledger.due_times d set look_at = c.now + make_interval(secs => $5)
          from found f cross join clock c
          where d.account_id = f.account_id and d.session_id = f.session_id and d.sequence_id = f.sequence_id
          returning d.account_id, d.session_id, d.sequence_id, d.runner_id,
            d.lease_ends <= c.now, d.limit_at <= c.now, d.force_at <= c.now, d.expire_at <= c.now
        )
        select c.lost_seconds, t.* from clock c left join taken t on true
        """;

    // Only a runner that is free is waited for: the longest wait begins anew.
    private const string GoOnWaitingSql = """
        update ledger.due_times set expire_at = ledger.running_time($4) + make_interval(secs => $5)
        where account_id = $1 and session_id = $2 and sequence_id = $3 and runner_id = '' and expire_at < 'infinity'
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // Whoever found something has so long to have it decided, before anybody looks again: a host that is killed is taken over after that.
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    // No deadline depends on it, so it is the real one even where a test moves the ledger's.
    private readonly TimeProvider pace = TimeProvider.System;
    private readonly NpgsqlDataSource dataSource;
    private readonly SessionWriter sessions;
    private readonly DueTimes dueTimes;
    private readonly ILogger log;
    private readonly IsServed? isServed;
    private double? lostSeconds;

    /// <summary>A sweep that does nothing before <see cref="RunAsync"/>.</summary>
    /// <param name="dataSource">The database.</param>
    /// <param name="sessions">Where the sessions decide.</param>
    /// <param name="dueTimes">The durations, and by which clock.</param>
    /// <param name="log">Where it is told what has passed; null for nowhere.</param>
    /// <param name="isServed">Knows which queues runners serve; null for none.</param>
    public DeadlineSweep(
        NpgsqlDataSource dataSource, SessionWriter sessions, DueTimes dueTimes, ILogger<DeadlineSweep>? log = null, IsServed? isServed = null)
    {
        this.isServed = isServed;
        this.dataSource = dataSource;
        this.sessions = sessions;
        this.dueTimes = dueTimes;
        this.log = log ?? NullLogger<DeadlineSweep>.Instance;
    }

    /// <summary>Sweeps until it is told to stop; the other hosts, or the next start, go on.</summary>
    /// <param name="isWell">Is called after each sweep.</param>
    /// <param name="stopping">Tells it to stop.</param>
    public async Task RunAsync(Action isWell, CancellationToken stopping)
    {
        var settling = Task.CompletedTask;
        try
        {
            while (true)
            {
                // What was found is decided beside the sweeps, so that slow decisions are not taken for an outage.
                var found = await FindAsync(settling.IsCompleted ? AtOnce : 0, stopping);
                isWell();
                if (found.Count > 0)
                {
                    settling = SettleAsync(found, stopping);
                }

                using var over = CancellationTokenSource.CreateLinkedTokenSource(stopping);
                var pause = Task.Delay(Interval, pace, over.Token);
                await (found.Count < AtOnce ? pause : Task.WhenAny(pause, settling));
                await over.CancelAsync();
            }
        }
        finally
        {
            await settling;
        }
    }

    /// <summary>Looks once at everything that is due, and has done what has to be done when the task ends.</summary>
    internal async Task SweepAsync()
    {
        while (await FindAsync(AtOnce, CancellationToken.None) is { Count: > 0 } found)
        {
            await SettleAsync(found, CancellationToken.None);
        }
    }

    private async Task<IReadOnlyList<DueRun>> FindAsync(int limit, CancellationToken stopping)
    {
        await using var connection = await dataSource.OpenConnectionAsync(stopping);
        await using var batch = new NpgsqlBatch(connection)
        {
            Timeout = (int)Patience.TotalSeconds,
            BatchCommands =
            {
                new NpgsqlBatchCommand("select set_config('synchronous_commit', 'off', true)"),
                new NpgsqlBatchCommand(SweepSql)
                {
                    Parameters =
                    {
                        new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz },
                        new NpgsqlParameter<double> { TypedValue = dueTimes.Settings.LongestGap.TotalSeconds },
                        new NpgsqlParameter<double> { TypedValue = dueTimes.Settings.Lease.TotalSeconds },
                        new NpgsqlParameter<int> { TypedValue = limit },
                        new NpgsqlParameter<double> { TypedValue = LookAgain.TotalSeconds },
                    },
                },
            },
        };
        await batch.PrepareAsync(stopping);
        await using var reader = await batch.ExecuteReaderAsync(stopping);
        await reader.NextResultAsync(stopping);
        var found = new List<DueRun>();
        while (await reader.ReadAsync(stopping))
        {
            TellOutage(reader.GetDouble(0));
            if (!reader.IsDBNull(1))
            {
                found.Add(new DueRun(
                    new StreamId(reader.GetGuid(1), reader.GetGuid(2)),
                    reader.GetGuid(3),
                    reader.GetString(4),
                    LeaseEnded: reader.GetBoolean(5),
                    LimitPassed: reader.GetBoolean(6),
                    ToForce: reader.GetBoolean(7),
                    ToExpire: reader.GetBoolean(8),
                    dueTimes.Settings.MostRequeues)
                {
                    WaitedSeconds = (int)(dueTimes.Settings.LongestWait?.TotalSeconds ?? 0),
                });
            }
        }

        return found;
    }

    private Task SettleAsync(IReadOnlyList<DueRun> found, CancellationToken stopping) =>
        Task.WhenAll(found.Select(due => SettleAsync(due, stopping)));

    private async Task SettleAsync(DueRun due, CancellationToken stopping)
    {
        try
        {
            if (due.IsWaiting && await IsServedAsync(due, stopping))
            {
                return;
            }

            var executed = await sessions.ExecuteAsync(due.Stream, due.Decide, new EventContext("deadlines"), cancellation: stopping);
            if (executed.Decision.Events is [var first, ..])
            {
                LogPassed(due.Stream.SessionId, due.SequenceId, first.GetType().Name);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The next sweep of whoever comes finds it again.
        }
        catch (Exception failure)
        {
            // One session keeps nothing from the others; the deadline stays, and is found again.
            LogNotSettled(failure, due.Stream.SessionId, due.SequenceId);
        }
    }

    /// <summary>Whether a run that has waited for long waits only for a runner to be free: then it goes on waiting.</summary>
    private async Task<bool> IsServedAsync(DueRun due, CancellationToken stopping)
    {
        var wait = dueTimes.Settings.LongestWait;
        if (isServed is null || wait is null || await sessions.ReadAsync(due.Stream, stopping) is not { Session: var session })
        {
            return false;
        }

        var plan = session.FindRun(due.SequenceId)!.Plan;
        if (!await isServed(due.Stream.AccountId, new RunQueue(session.Project, plan.Location, plan.CheckType), wait.Value, stopping))
        {
            return false;
        }

        await using var command = dataSource.CreateCommand(GoOnWaitingSql);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = due.Stream.AccountId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = due.Stream.SessionId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = due.SequenceId });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = dueTimes.Given, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        command.Parameters.Add(new NpgsqlParameter<double> { TypedValue = wait.Value.TotalSeconds });
        await command.ExecuteNonQueryAsync(stopping);
        return true;
    }

    private void TellOutage(double lost)
    {
        if (lost > lostSeconds)
        {
            LogAway(lost - lostSeconds.Value - dueTimes.Settings.Lease.TotalSeconds);
        }

        lostSeconds = lost;
    }

    [LoggerMessage(LogLevel.Information, "A deadline of run {Run} of session {Session} has passed: {Event}.")]
    private partial void LogPassed(Guid session, Guid run, string @event);

    [LoggerMessage(LogLevel.Error, "A deadline of run {Run} of session {Session} has passed and is not settled yet.")]
    private partial void LogNotSettled(Exception failure, Guid session, Guid run);

    // What follows from an outage, and no further warning: the outage has been told.
    [LoggerMessage(LogLevel.Information, "The ledger or its database was away for {Seconds:0.0} s, which count for no deadline; every lease begins anew.")]
    private partial void LogAway(double seconds);
}

/// <summary>A run of which something is due.</summary>
/// <param name="Stream">Its session.</param>
/// <param name="SequenceId">The run.</param>
/// <param name="RunnerId">Who held it when it was found.</param>
/// <param name="LeaseEnded">Whether the runner has not renewed its lease.</param>
/// <param name="LimitPassed">Whether it is over its own limit, and the margin.</param>
/// <param name="ToForce">Whether nobody acknowledged its cancel in time.</param>
/// <param name="ToExpire">Whether nobody stopped it in time.</param>
/// <param name="MostRequeues">How often a run is queued again.</param>
internal sealed record DueRun(
    StreamId Stream, Guid SequenceId, string RunnerId, bool LeaseEnded, bool LimitPassed, bool ToForce, bool ToExpire, int MostRequeues)
{
    /// <summary>The longest wait of a run that is queued.</summary>
    public int WaitedSeconds { get; init; }

    /// <summary>Whether it was queued when it was found, and has waited for long.</summary>
    public bool IsWaiting => ToExpire && RunnerId.Length == 0;

    /// <summary>What its session decides now; nothing, if the deadline was met meanwhile.</summary>
    public Decision<Session> Decide(Session session, DateTimeOffset now) => session.FindRun(SequenceId) switch
    {
        { IsCancelling: true, Cancel: { } cancel } when ToExpire =>
            ExpireCancel.Decide(session, new ExpireCancel(SequenceId, cancel.CancelId), now),
        { IsCancelling: true, Cancel: { } cancel } when ToForce =>
            ForceCancel.Decide(session, new ForceCancel(SequenceId, cancel.CancelId), now),
        { State: RunState.Queued } when IsWaiting =>
            EndWait.Decide(session, new EndWait(SequenceId, Guid.CreateVersion7(now), WaitedSeconds), now),
        { State: RunState.Running } when LimitPassed => TimeOutRun.Decide(session, new TimeOutRun(SequenceId), now),
        not null when LeaseEnded => LoseRun.Decide(session, new LoseRun(SequenceId, RunnerId, MostRequeues), now),
        _ => Decision<Session>.Accept(session),
    };
}
