using Ledger.Projections.Daemon;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>
/// Which sessions are there? One row per session with its status and what lists filter by. It relies on what events say about
/// themselves, such as <see cref="ResultReported.Settles"/>, so that it need not fold whole sessions.
/// </summary>
internal sealed class SessionListProjection() : RowProjection<StreamId, SessionListRow>(SessionListReader.ProjectionName, 1)
{
    internal override IEnumerable<StreamId> KeysOf(RecordedEvent recorded) =>
        recorded.Data is SessionTriggered ? [] : [recorded.Stream];

    internal override void Apply(RecordedEvent recorded, Rows<StreamId, SessionListRow> rows)
    {
        var row = recorded.Data is SessionTriggered triggered
            ? Triggered(triggered, recorded.Position)
            : Changed(rows.Get(recorded.Stream), recorded.Data);
        rows.Set(recorded.Stream, row with { LastPosition = recorded.Position });
    }

    protected override Task LoadAsync(
        NpgsqlConnection connection,
        IReadOnlyCollection<StreamId> keys,
        Rows<StreamId, SessionListRow> rows,
        CancellationToken cancellation) => SessionListTable.LoadAsync(connection, [.. keys], rows, cancellation);

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<StreamId, SessionListRow> rows)
    {
        var added = rows.Added.ToList();
        if (added.Count > 0)
        {
            yield return SessionListTable.Insert(added);
        }

        var changed = rows.Changed.ToList();
        if (changed.Count > 0)
        {
            yield return SessionListTable.Update(changed);
        }
    }

    private static SessionListRow Triggered(SessionTriggered triggered, long number) =>
        new(triggered.Kind, new RunTally { Open = triggered.Runs.Count }, null, number) { Facts = new(triggered, number) };

    private static SessionListRow Changed(SessionListRow row, ISessionEvent data) => data switch
    {
        ResultReported { Settles: true } e => row.Settle(runs => Count(runs, e), e.At),
        ResultReported { ResultType: ResultType.Attempt } => row with { Runs = row.Runs with { Reported = true } },
        RunAborted e => row.Settle(Cancelled, e.At),
        CancelExpired e => row.Settle(Cancelled, e.At),
        RunTimedOut e => row.Settle(runs => runs with { TimedOut = runs.TimedOut + 1 }, e.At),
        RunLost e => row.Settle(runs => runs with { Lost = runs.Lost + 1 }, e.At),
        _ => row,
    };

    private static RunTally Count(RunTally runs, ResultReported result) => result switch
    {
        { IsCancelled: true } => Cancelled(runs),
        { HasFailures: true } or { HasErrors: true } => runs with { Failed = runs.Failed + 1 },
        { IsDegraded: true } => runs with { Degraded = runs.Degraded + 1 },
        _ => runs with { Passed = runs.Passed + 1 },
    };

    private static RunTally Cancelled(RunTally runs) => runs with { Cancelled = runs.Cancelled + 1 };
}
