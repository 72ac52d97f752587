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

    protected override IEnumerable<NpgsqlBatchCommand> Save(Rows<StreamId, SessionListRow> rows) =>
        [.. Sql.ForAny(rows.Added, SessionListTable.Table.Insert), .. Sql.ForAny(rows.Changed, SessionListTable.Table.Update)];

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

    private static RunSummary Changed(RunSummary run, ISessionEvent data) => data switch
    {
        ResultReported { ResultType: ResultType.Attempt } => run with { Attempts = run.Attempts + 1 },
        ResultReported e => run with { Result = ResultSummary.Of(e) },
        RunClaimed when run.State is RunState.Queued => run with { State = RunState.Claimed },
        RunStarted e when run.State.IsOpen() => run with
        {
            State = run.State is RunState.Cancelling ? RunState.Cancelling : RunState.Running,
            StartedAt = e.At,
        },
        RunRequeued when run.State is RunState.Claimed => run with { State = RunState.Queued },
        CancelRequested { Targets.Count: > 0 } when run.State.IsOpen() => run with { State = RunState.Cancelling },
        _ => run,
    };
}

/// <summary>The table <c>session_list</c>, as the projection reads and writes it.</summary>
internal static class SessionListTable
{
    /// <summary>What is told of the runs, as the members of rows and summaries are called.</summary>
    public const string RunColumns = """
        open as runs_open, passed as runs_passed, failed as runs_failed, degraded as runs_degraded, cancelled as runs_cancelled,
        timed_out as runs_timed_out, lost as runs_lost, reported as runs_reported, run_ids as first_runs_ids, run_states as first_runs_states, run
        """;

    private static readonly Table<StreamId> Keys = new Table<StreamId>("session_list")
        .Key("account_id", key => key.AccountId)
        .Key("session_id", key => key.SessionId);

    // unnest takes arrays of arrays apart completely, so that a set of ids travels as the text of an array.
    public static readonly Table<KeyValuePair<StreamId, SessionListRow>> Table = new Table<KeyValuePair<StreamId, SessionListRow>>("session_list")
        .Keys(Keys, row => row.Key)
        .Set("status", row => Words<SessionStatus>.Of(row.Value.Status))
        .Set("open", row => row.Value.Runs.Open)
        .Set("passed", row => row.Value.Runs.Passed)
        .Set("failed", row => row.Value.Runs.Failed)
        .Set("degraded", row => row.Value.Runs.Degraded)
        .Set("cancelled", row => row.Value.Runs.Cancelled)
        .Set("timed_out", row => row.Value.Runs.TimedOut)
        .Set("lost", row => row.Value.Runs.Lost)
        .Set("reported", row => row.Value.Runs.Reported)
        .Set("settled_at", row => row.Value.SettledAt)
        .Set("last_position", row => row.Value.LastPosition)
        .Set("version", row => row.Value.Version)
        .Set("updated_at", row => row.Value.UpdatedAt)
        .Set("run_states", row => row.Value.FirstRuns?.States)
        .Set("run_state", row => Words<RunState>.OrNull(row.Value.Run?.State))
        .Set("run", row => row.Value.Run?.ToJson(), "jsonb")
        .Once("number", row => row.Value.Facts!.Number)
        .Once("kind", row => Words<SessionKind>.Of(row.Value.Facts!.Triggered.Kind))
        .Once("project", row => row.Value.Facts!.Triggered.Project)
        .Once("name", row => row.Value.Facts!.Triggered.Name)
        .Once("source", row => Words<SessionSource>.Of(row.Value.Facts!.Triggered.Source))
        .Once("concurrency_group", row => row.Value.Facts!.Triggered.ConcurrencyGroup)
        .Once("actor_kind", row => Words<ActorKind>.Of(row.Value.Facts!.Triggered.Actor.Kind))
        .Once("actor_id", row => row.Value.Facts!.Triggered.Actor.Id)
        .Once("actor_name", row => row.Value.Facts!.Triggered.Actor.Name)
        .Once("environment", row => row.Value.Facts!.Git.Environment)
        .Once("branch", row => row.Value.Facts!.Git.Branch)
        .Once("commit_id", row => row.Value.Facts!.Git.CommitId)
        .Once("commit_owner", row => row.Value.Facts!.Git.CommitOwner)
        .Once("commit_message", row => row.Value.Facts!.Git.CommitMessage)
        .Once("metadata", row => ListedMetadata.TextOf(row.Value.Facts!.Triggered.Metadata), "jsonb")
        .Once("triggered_at", row => row.Value.Facts!.Triggered.At)
        .Once("location", row => row.Value.Facts!.Triggered.Runs[0].Location)
        .Once("search", row => row.Value.Facts!.Search)
        .Once("check_ids", row => ArrayText(row.Value.Facts!.Triggered.Runs.Select(run => run.CheckId).OfType<Guid>().Distinct()), "uuid[]")
        .Once("run_ids", row => row.Value.FirstRuns is { } runs ? ArrayText(runs.Ids) : null, "uuid[]")
        .Once("trigrams", row => row.Value.Facts!.Search is { } search ? ArrayText(SearchText.TrigramsOf(search)) : null, "int[]");

    public static async Task LoadAsync(
        NpgsqlConnection connection,
        IReadOnlyList<StreamId> keys,
        Rows<StreamId, SessionListRow> rows,
        CancellationToken cancellation) =>
        rows.Load(await Keys.LoadAsync<SessionListRow>(
            connection, keys, cancellation, $"kind, version, last_position, settled_at, updated_at, {RunColumns}"));

    private static string ArrayText<T>(IEnumerable<T> values) => $"{{{string.Join(',', values)}}}";
}

/// <summary>What of a session's row changes, and all that the fold needs to know about it.</summary>
/// <param name="Kind">What is executed; decides the words of the status.</param>
internal sealed record SessionListRow(SessionKind Kind, RunTally Runs, long Version, long LastPosition)
{
    /// <summary>When the last run was settled; null while one is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>When a run was last claimed, begun or settled.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>Where the first runs stand; null but for test sessions.</summary>
    public FirstRuns? FirstRuns { get; init; }

    /// <summary>The one run; null but for plain runs.</summary>
    public RunSummary? Run { get; init; }

    /// <summary>What never changes: written once, with a new row, and null on one that was loaded.</summary>
    public SessionListFacts? Facts { get; init; }

    /// <summary>Its status, which is derived from its runs (docs/domain.md#rule-6).</summary>
    public SessionStatus Status => SessionStatusRule.Derive(Kind, Runs);

    public SessionListRow Settle(Guid sequenceId, RunState outcome, DateTimeOffset at)
    {
        var runs = Runs.Settle(outcome);
        return this with
        {
            Runs = runs,
            SettledAt = runs.Open == 0 ? at : null,
            UpdatedAt = at,
            FirstRuns = FirstRuns?.With(sequenceId, outcome),
            Run = Run is null ? null : Run with { State = outcome },
        };
    }
}

/// <summary>What the first event says, and its position.</summary>
internal sealed record SessionListFacts(SessionTriggered Triggered, long Number)
{
    public TriggerMetadata Git { get; } = TriggerMetadata.Of(Triggered.Metadata);

    /// <summary>What a text search looks in; null but for test sessions.</summary>
    public string? Search { get; } =
        Triggered.Kind is SessionKind.Test ? SearchText.Of(Triggered.Name, TriggerMetadata.Of(Triggered.Metadata)) : null;
}
