using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
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
    /// <summary>2: what lists show of a session beside its status.</summary>
    public override int Version => 2;

    internal override IReadOnlyCollection<Type> Handles => EventTypes.Known;

    internal override IEnumerable<StreamId> KeysOf(RecordedEvent recorded) =>
        recorded.Data is SessionTriggered ? [] : [recorded.Stream];

    internal override void Apply(RecordedEvent recorded, Rows<StreamId, SessionListRow> rows)
    {
        var row = recorded.Data is SessionTriggered triggered
            ? Triggered(triggered, recorded.Position)
            : Changed(rows.Get(recorded.Stream), recorded.Data);
        rows.Set(recorded.Stream, row with { LastPosition = recorded.Position, Version = recorded.Version });
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
        new(triggered.Kind, new RunTally { Open = triggered.Runs.Count }, 1, number)
        {
            Facts = new(triggered, number),
            FirstRuns = triggered.Kind is SessionKind.Test ? FirstRuns.Of(triggered.Runs.Select(run => (run.SequenceId, RunState.Queued))) : null,
            Run = triggered.Kind is SessionKind.Run ? new RunSummary(RunState.Queued, triggered.Runs[0].CheckId) : null,
        };

    private static SessionListRow Changed(SessionListRow row, ISessionEvent data)
    {
        if (data is ISettlesRun { Outcome: { } outcome } settled)
        {
            row = row.Settle(settled.SequenceId, outcome, settled.At);
        }

        row = data switch
        {
            ResultReported { ResultType: ResultType.Attempt } => row with { Runs = row.Runs with { Reported = true } },
            RunClaimed or RunStarted => row with { UpdatedAt = data.At },
            _ => row,
        };
        return row.Run is { } run ? row with { Run = Changed(run, data) } : row;
    }

    /// <summary>The same as the fold of the one run.</summary>
    private static RunSummary Changed(RunSummary run, ISessionEvent data) => data switch
    {
        ResultReported { ResultType: ResultType.Attempt } => run with { Attempts = run.Attempts + 1 },
        ResultReported e => run with { Result = ResultSummary.Of(e) },
        RunClaimed when run.State is RunState.Queued => run with { State = RunState.Claimed },
        RunStarted e when OpenRunsReader.Knows(run.State) => run with
        {
            State = run.State is RunState.Cancelling ? RunState.Cancelling : RunState.Running,
            StartedAt = e.At,
        },
        RunRequeued when run.State is RunState.Claimed => run with { State = RunState.Queued },
        CancelRequested { Targets.Count: > 0 } when OpenRunsReader.Knows(run.State) => run with { State = RunState.Cancelling },
        _ => run,
    };
}
