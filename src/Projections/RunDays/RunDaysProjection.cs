using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.TestCases;
using Npgsql;

namespace Ledger.Projections.RunDays;

/// <summary>
/// How did the plain test runs of each day end (docs/dialects/empirical.md#analytics)? A session of kind run has a row of its own until its
/// run is settled; what it counts is then added to its day, in the transaction that takes the row away. Other sessions have no row: their
/// events pass by.
/// </summary>
internal sealed class RunDaysProjection() : RowProjection<StreamId, RunDaySession>(RunDaysReader.ProjectionName, 1)
{
    internal override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(SessionTriggered), typeof(ResultReported), typeof(RunAborted), typeof(CancelExpired), typeof(RunTimedOut), typeof(RunLost),
    ];

    internal override IEnumerable<StreamId> KeysOf(RecordedEvent recorded) => Settles(recorded.Data) ? [recorded.Stream] : [];

    internal override void Apply(RecordedEvent recorded, Rows<StreamId, RunDaySession> rows)
    {
        if (recorded.Data is SessionTriggered triggered)
        {
            if (triggered.Kind is SessionKind.Run)
            {
                rows.Set(recorded.Stream, RunDaySession.Of(triggered));
            }
        }
        else if (Settles(recorded.Data) && rows.Find(recorded.Stream) is { Counts: null } session)
        {
            rows.Set(recorded.Stream, session.Settle(CountsOf(recorded.Data)));
        }
    }

    /// <summary>What the settled sessions among the rows add to which day.</summary>
    internal static IReadOnlyList<KeyValuePair<RunDayKey, RunDayCounts>> Counted(Rows<StreamId, RunDaySession> rows) =>
    [
        .. rows.Added.Concat(rows.Changed)
            .Where(row => row.Value.Counts is not null)
            .GroupBy(row => new RunDayKey(row.Key.AccountId, row.Value.Day, row.Value.Place), row => row.Value.Counts!)
            .Select(day => KeyValuePair.Create(day.Key, day.Aggregate((one, other) => one + other))),
    ];

    protected override Task LoadAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<StreamId> keys,
        Rows<StreamId, RunDaySession> rows,
        CancellationToken cancellation) => RunDaySessionsTable.LoadAsync(connection, [.. keys], rows, cancellation);

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<StreamId, RunDaySession> rows)
    {
        var opened = rows.Added.Where(row => row.Value.Counts is null).ToList();
        if (opened.Count > 0)
        {
            yield return RunDaySessionsTable.Insert(opened);
        }

        var settled = rows.Changed.Where(row => row.Value.Counts is not null).Select(row => row.Key).ToList();
        if (settled.Count > 0)
        {
            yield return RunDaySessionsTable.Delete(settled);
        }

        var counted = Counted(rows);
        if (counted.Count > 0)
        {
            yield return RunDaysTable.Add(counted);
        }
    }

    private static bool Settles(ISessionEvent data) =>
        data is ResultReported { Settles: true } or RunAborted or CancelExpired or RunTimedOut or RunLost;

    private static RunDayCounts CountsOf(ISessionEvent data) => data switch
    {
        ResultReported { IsCancelled: false } e =>
            (e.HasFailures || e.HasErrors ? new RunDayCounts { Failed = 1 } : new RunDayCounts { Passed = 1 }).With(TestCase.Of(e.Details)),
        RunTimedOut or RunLost => new RunDayCounts { Error = 1 },
        _ => new RunDayCounts { Cancelled = 1 },
    };
}
