using Ledger.Projections.Daemon;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.SessionList;

/// <summary>
/// Which sessions are there? One row per session with its status and what lists filter by. It relies on what events say about
/// themselves, such as <see cref="ISettlesRun.Outcome"/>, so that it need not fold whole sessions.
/// </summary>
internal sealed class SessionListProjection() : RowProjection<StreamId, SessionListRow>(SessionListReader.ProjectionName)
{
    internal override IReadOnlyCollection<Type> Handles => EventTypes.Known;

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
        ISettlesRun { Outcome: { } outcome } e => row.Settle(runs => runs.With(outcome), e.At),
        ResultReported { ResultType: ResultType.Attempt } => row with { Runs = row.Runs with { Reported = true } },
        _ => row,
    };
}
