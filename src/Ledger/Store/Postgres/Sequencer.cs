using Microsoft.Extensions.Logging;
using Npgsql;

namespace Ledger.Store.Postgres;

/// <summary>
/// The writers behind the queue: each takes everything that is waiting and writes it in one round trip (storage.md, Append). A unit
/// that the database refuses fails alone. When the connection is lost the batch is tried again until each unit's time is up; expected
/// versions make the repeat harmless.
/// </summary>
internal sealed partial class Sequencer : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly NpgsqlDataSource dataSource;
    private readonly EventStoreOptions options;
    private readonly TimeProvider clock;
    private readonly ILogger log;
    private readonly Action<Commit> committed;
    private readonly Intake intake;
    private readonly UnknownOutcome unknownOutcome;
    private readonly Task[] writers;

    /// <summary>Starts the writers.</summary>
    /// <param name="dataSource">Where the writers' connections come from.</param>
    /// <param name="options">How to write.</param>
    /// <param name="clock">The clock that paces retries.</param>
    /// <param name="log">Where outages are told.</param>
    /// <param name="committed">Told of each batch; must not throw.</param>
    public Sequencer(NpgsqlDataSource dataSource, EventStoreOptions options, TimeProvider clock, ILogger log, Action<Commit> committed)
    {
        this.dataSource = dataSource;
        this.options = options;
        this.clock = clock;
        this.log = log;
        this.committed = committed;
        intake = new Intake(options);
        unknownOutcome = new UnknownOutcome(dataSource, options.UnavailableAfter);
        writers = [.. Enumerable.Range(0, options.Writers).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>Writes a unit; the task ends when its outcome is known, or the caller does not want to know any more.</summary>
    public async Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation)
    {
        var pending = new PendingUnit(unit, clock.GetTimestamp(), cancellation);
        await intake.AddAsync(pending, cancellation);
        return await pending.Outcome.WaitAsync(cancellation);
    }

    /// <summary>Writes what is queued, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        intake.Close();
        await Task.WhenAll(writers);
    }

    private async Task RunAsync()
    {
        await using var connection = new WriterConnection(dataSource, options.UnavailableAfter);
        var batch = new List<PendingUnit>(options.UnitsPerBatch);
        while (await intake.TakeAsync(batch))
        {
            await WriteAsync(connection, batch);
            intake.Finish();
            batch.Clear();
        }
    }

    private async Task WriteAsync(WriterConnection connection, List<PendingUnit> batch)
    {
        for (var pause = FirstPause; batch.Count > 0; pause = Longer(pause))
        {
            try
            {
                var verdict = await connection.WriteAsync(batch);
                StoreInstruments.BatchUnits.Record(batch.Count);
                StoreInstruments.BatchEvents.Record(batch.Sum(unit => unit.Events.Count));
                await SettleAsync(batch, verdict);
                return;
            }
            catch (PostgresException refusal) when (Failure.IsRefusal(refusal))
            {
                await WriteEachAloneAsync(connection, batch, refusal);
                return;
            }
            catch (Exception outage) when (Failure.IsOutage(outage))
            {
                if (pause == FirstPause)
                {
                    LogOutage(batch.Count, outage);
                }

                await connection.DropAsync();
                GiveUpLate(batch, outage);
                if (batch.Count > 0)
                {
                    await Task.Delay(pause, clock);
                }
            }
            catch (Exception unexpected)
            {
                // A defect: it belongs to whoever waits, and the writer goes on for everybody else.
                LogDefect(unexpected);
                await connection.DropAsync();
                batch.ForEach(unit => unit.Fail(unexpected));
                return;
            }
        }
    }

    private async Task WriteEachAloneAsync(WriterConnection connection, List<PendingUnit> batch, PostgresException refusal)
    {
        if (batch.Count == 1)
        {
            batch[0].Fail(Failure.ForCaller(refusal));
            return;
        }

        foreach (var unit in batch)
        {
            await WriteAsync(connection, [unit]);
        }
    }

    private async Task SettleAsync(List<PendingUnit> batch, BatchVerdict verdict)
    {
        // From the last unit to the first, since it is the end of the batch whose position is known.
        var next = verdict.Head + 1;
        var written = new Stack<PendingUnit>(batch.Count);
        for (var number = batch.Count; number > 0; number--)
        {
            var pending = batch[number - 1];
            if (verdict.Refusal(number) is { } refusal)
            {
                pending.Complete(pending.MayBeWritten ? await FindAsync(pending.Unit) ?? refusal : refusal);
            }
            else
            {
                next -= pending.Events.Count;
                pending.Complete(pending.AppendedAt(next));
                written.Push(pending);
            }
        }

        var events = new List<RecordedEvent>((int)(verdict.Head + 1 - next));
        foreach (var pending in written)
        {
            pending.AddRecorded(events, next);
        }

        committed(new Commit(verdict.Head, events));
    }

    private async Task<AppendOutcome?> FindAsync(AppendUnit unit) =>
        await unknownOutcome.FindAsync(unit) is { } positions ? new(AppendVerdict.Appended, positions) : null;

    private void GiveUpLate(List<PendingUnit> batch, Exception outage)
    {
        foreach (var unit in batch)
        {
            unit.MayBeWritten = true;
            if (clock.GetElapsedTime(unit.EnqueuedAt) >= options.UnavailableAfter)
            {
                unit.Fail(Failure.ForCaller(outage));
            }
        }

        batch.RemoveAll(unit => unit.Outcome.IsCompleted);
    }

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    [LoggerMessage(LogLevel.Warning, "The connection failed while {Units} units were written; they are tried again.")]
    private partial void LogOutage(int units, Exception outage);

    [LoggerMessage(LogLevel.Error, "Units could not be written because of a defect.")]
    private partial void LogDefect(Exception defect);
}
