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
        ISettlesRun => [],
        IRunEvent e => [Key(recorded, e.SequenceId)],
        _ => [],
    };

    internal override IEnumerable<RunKey> EndedBy(RecordedEvent recorded) =>
        recorded.Data is ISettlesRun { Outcome: not null } e ? [Key(recorded, e.SequenceId)] : [];

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

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<RunKey, OpenRunRow> rows) =>
    [
        .. Sql.ForAny(rows.Added.Concat(rows.Changed), OpenRunsTable.Table.Upsert),
        .. Sql.ForAny(rows.Removed, OpenRunsTable.Delete),
    ];

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

/// <summary>The table <c>open_runs</c>, as the projection reads and writes it.</summary>
internal static class OpenRunsTable
{
    private static readonly Table<RunKey> Keys = new Table<RunKey>("open_runs")
        .Key("account_id", key => key.AccountId)
        .Key("session_id", key => key.SessionId)
        .Key("sequence_id", key => key.SequenceId);

    public static readonly Table<KeyValuePair<RunKey, OpenRunRow>> Table = new Table<KeyValuePair<RunKey, OpenRunRow>>("open_runs")
        .Keys(Keys, row => row.Key)
        .Once("session_number", row => row.Value.SessionNumber)
        .Once("ordinal", row => row.Value.Ordinal)
        .Once("project", row => row.Value.Project)
        .Once("concurrency_group", row => row.Value.ConcurrencyGroup)
        .Once("location", row => row.Value.Location)
        .Once("check_type", row => row.Value.CheckType)
        .Once("timeout_seconds", row => row.Value.TimeoutSeconds)
        .Set("state", row => Words<RunState>.Of(row.Value.State))
        .Set("runner_id", row => row.Value.RunnerId)
        .Set("lease_seconds", row => row.Value.LeaseSeconds)
        .Set("claimed_at", row => row.Value.ClaimedAt)
        .Set("started_at", row => row.Value.StartedAt)
        .Set("cancel_id", row => row.Value.CancelId)
        .Set("cancel_requested_at", row => row.Value.CancelRequestedAt)
        .Set("cancel_forced", row => row.Value.CancelForced)
        .Set("cancel_acknowledged", row => row.Value.CancelAcknowledged);

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<RunKey> keys, Rows<RunKey, OpenRunRow> rows, CancellationToken cancellation) =>
        rows.Load(await Keys.LoadAsync<OpenRunRow>(connection, keys, cancellation));

    public static NpgsqlBatchCommand Delete(IReadOnlyList<RunKey> keys) => Keys.Delete(keys);
}

/// <summary>One run, across sessions.</summary>
internal readonly record struct RunKey(Guid AccountId, Guid SessionId, Guid SequenceId);

/// <summary>A run that is not settled.</summary>
internal sealed record OpenRunRow
{
    public required long SessionNumber { get; init; }

    /// <summary>Its place in the session, from 0.</summary>
    public required int Ordinal { get; init; }

    public required string? Project { get; init; }

    public required string? ConcurrencyGroup { get; init; }

    public required string Location { get; init; }

    public required string CheckType { get; init; }

    public required int? TimeoutSeconds { get; init; }

    public required RunState State { get; init; }

    public string? RunnerId { get; init; }

    public int LeaseSeconds { get; init; }

    public DateTimeOffset? ClaimedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public Guid? CancelId { get; init; }

    public DateTimeOffset? CancelRequestedAt { get; init; }

    public bool CancelForced { get; init; }

    public bool CancelAcknowledged { get; init; }
}
