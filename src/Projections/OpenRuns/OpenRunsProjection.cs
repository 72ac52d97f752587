using Ledger.Projections.Daemon;
using Ledger.Serialization;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.OpenRuns;

/// <summary>
/// What is open, who has it, what is due? One row per run from its trigger to its settlement. An event for a run without a row is one for a
/// settled run, which changes nothing (docs/domain.md#rule-3).
/// </summary>
internal sealed class OpenRunsProjection() : RowProjection<RunKey, OpenRunRow>(OpenRunsReader.ProjectionName)
{
    internal override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(SessionTriggered), typeof(RunClaimed), typeof(RunStarted), typeof(RunRequeued), typeof(CancelRequested),
        typeof(CancelAcknowledged), .. EventTypes.That<ISettlesRun>(),
    ];

    internal override IEnumerable<RunKey> KeysOf(RecordedEvent recorded) => recorded.Data switch
    {
        CancelRequested e => e.Targets.Select(target => Key(recorded, target)),
        ISettlesRun { Outcome: null } => [],
        IRunEvent e => [Key(recorded, e.SequenceId)],
        _ => [],
    };

    internal override void Apply(RecordedEvent recorded, Rows<RunKey, OpenRunRow> rows)
    {
        switch (recorded.Data)
        {
            case SessionTriggered e:
                Open(recorded, e, rows);
                break;
            case RunClaimed e:
                Change(e.SequenceId, row => row with
                {
                    State = RunState.Claimed,
                    RunnerId = e.RunnerId,
                    LeaseSeconds = e.LeaseSeconds,
                    ClaimedAt = e.At,
                });
                break;
            case RunStarted e:
                Change(e.SequenceId, row => row with
                {
                    State = row.State is RunState.Cancelling ? RunState.Cancelling : RunState.Running,
                    StartedAt = e.At,
                });
                break;
            case RunRequeued e:
                Change(e.SequenceId, row => row with { State = RunState.Queued, RunnerId = null, LeaseSeconds = 0, ClaimedAt = null });
                break;
            case CancelRequested e:
                foreach (var target in e.Targets)
                {
                    Change(target, row => Cancelling(row, e));
                }

                break;
            case CancelAcknowledged e:
                Change(e.SequenceId, row => row with { CancelAcknowledged = row.CancelAcknowledged || row.CancelId == e.CancelId });
                break;
            case ISettlesRun { Outcome: not null } e:
                rows.Remove(Key(recorded, e.SequenceId));
                break;
        }

        void Change(Guid sequenceId, Func<OpenRunRow, OpenRunRow> change)
        {
            var key = Key(recorded, sequenceId);
            if (rows.Find(key) is { } row)
            {
                rows.Set(key, change(row));
            }
        }
    }

    protected override Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyCollection<RunKey> keys, Rows<RunKey, OpenRunRow> rows, CancellationToken cancellation) =>
        OpenRunsTable.LoadAsync(connection, [.. keys], rows, cancellation);

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<RunKey, OpenRunRow> rows)
    {
        var open = rows.Added.Concat(rows.Changed).ToList();
        if (open.Count > 0)
        {
            yield return OpenRunsTable.Upsert(open);
        }

        var settled = rows.Removed.ToList();
        if (settled.Count > 0)
        {
            yield return OpenRunsTable.Delete(settled);
        }
    }

    private static void Open(RecordedEvent recorded, SessionTriggered triggered, Rows<RunKey, OpenRunRow> rows)
    {
        for (var ordinal = 0; ordinal < triggered.Runs.Count; ordinal++)
        {
            var plan = triggered.Runs[ordinal];
            rows.Set(Key(recorded, plan.SequenceId), new OpenRunRow
            {
                SessionNumber = recorded.Position,
                Ordinal = ordinal,
                Project = triggered.Project,
                ConcurrencyGroup = triggered.ConcurrencyGroup,
                Location = plan.Location,
                CheckType = plan.CheckType,
                TimeoutSeconds = plan.TimeoutSeconds,
                State = RunState.Queued,
            });
        }
    }

    /// <summary>The first cancel of a run stays its cancel; the same one once more is its escalation.</summary>
    private static OpenRunRow Cancelling(OpenRunRow row, CancelRequested e) => row.CancelId is null
        ? row with { State = RunState.Cancelling, CancelId = e.CancelId, CancelRequestedAt = e.At, CancelForced = e.Forced }
        : row with { CancelForced = row.CancelForced || e.Forced };

    private static RunKey Key(RecordedEvent recorded, Guid sequenceId) =>
        new(recorded.Stream.AccountId, recorded.Stream.SessionId, sequenceId);
}
