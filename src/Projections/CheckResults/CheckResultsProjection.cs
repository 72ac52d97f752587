using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.CheckResults;

/// <summary>
/// Which results does a check have? An open run of a check session has a row of its own, so that whatever settles it finds its check; the
/// results that come of it are written once and never touched again. Runs of other sessions have no row: their events pass by.
/// </summary>
internal sealed class CheckResultsProjection() : RowProjection<RunKey, CheckRunRow>(CheckResultsReader.ProjectionName, 2)
{
    internal override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(SessionTriggered), typeof(RunStarted), typeof(CancelRequested), typeof(ResultReported), typeof(RunAborted),
        typeof(CancelExpired), typeof(RunTimedOut), typeof(RunLost),
    ];

    internal override IEnumerable<RunKey> KeysOf(RecordedEvent recorded) =>
        SequencesOf(recorded.Data).Select(sequenceId => Key(recorded, sequenceId));

    internal override void Apply(RecordedEvent recorded, Rows<RunKey, CheckRunRow> rows)
    {
        if (recorded.Data is SessionTriggered { Kind: SessionKind.Check } triggered)
        {
            foreach (var plan in triggered.Runs)
            {
                rows.Set(Key(recorded, plan.SequenceId), CheckRunRow.Of(plan));
            }
        }
        else
        {
            foreach (var key in KeysOf(recorded))
            {
                if (rows.Find(key) is { IsSettled: false } row)
                {
                    rows.Set(key, Changed(row, recorded));
                }
            }
        }
    }

    protected override Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<RunKey> keys, Rows<RunKey, CheckRunRow> rows, CancellationToken cancellation) =>
        CheckRunsTable.LoadAsync(connection, [.. keys], rows, cancellation);

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<RunKey, CheckRunRow> rows)
    {
        var added = rows.Added.ToList();
        var changed = rows.Changed.ToList();
        var opened = added.Where(row => !row.Value.IsSettled).ToList();
        if (opened.Count > 0)
        {
            yield return CheckRunsTable.Insert(opened);
        }

        var open = changed.Where(row => !row.Value.IsSettled).ToList();
        if (open.Count > 0)
        {
            yield return CheckRunsTable.Update(open);
        }

        var settled = changed.Where(row => row.Value.IsSettled).Select(row => row.Key).ToList();
        if (settled.Count > 0)
        {
            yield return CheckRunsTable.Delete(settled);
        }

        var results = added.Concat(changed).SelectMany(row => row.Value.NewResults.Select(result => (row.Key, row.Value, result))).ToList();
        if (results.Count > 0)
        {
            yield return CheckResultsTable.Insert(results);
        }
    }

    private static CheckRunRow Changed(CheckRunRow row, RecordedEvent recorded) => recorded.Data switch
    {
        RunStarted e => row with { StartedAt = e.At },
        CancelRequested e => row.CancelId is null ? row with { CancelId = e.CancelId, Cause = e.Cause } : row,
        ResultReported e => row.Reported(e, recorded.Position),
        RunAborted or CancelExpired => row.Ended(RunState.Cancelled, recorded.Data.At, recorded.Position),
        RunTimedOut e => row.Ended(RunState.TimedOut, e.At, recorded.Position),
        RunLost e => row.Ended(RunState.Lost, e.At, recorded.Position),
        _ => row,
    };

    /// <summary>The runs that an event starts, asks to cancel, or gives a result; a report that only adds details to an abort does neither.</summary>
    private static IReadOnlyList<Guid> SequencesOf(ISessionEvent data) => data switch
    {
        RunStarted e => [e.SequenceId],
        CancelRequested e => e.Targets,
        ResultReported e when e.Settles || e.ResultType is ResultType.Attempt => [e.SequenceId],
        RunAborted e => [e.SequenceId],
        CancelExpired e => [e.SequenceId],
        RunTimedOut e => [e.SequenceId],
        RunLost e => [e.SequenceId],
        _ => [],
    };

    private static RunKey Key(RecordedEvent recorded, Guid sequenceId) =>
        new(recorded.Stream.AccountId, recorded.Stream.SessionId, sequenceId);
}
