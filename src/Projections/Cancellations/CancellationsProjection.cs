using System.Globalization;
using System.Text.Json;
using Ledger.Projections.CheckResults;
using Ledger.Projections.Metrics;
using Ledger.Projections.OpenRuns;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// Who asked to cancel what, and what came of it? Rows for the audit and numbers for the report, from the events of cancels; and the usual
/// durations of checks, from their results. A batch with neither costs nothing; results alone cost one read and one write.
/// </summary>
internal sealed class CancellationsProjection() : Projection(CancelsReader.ProjectionName)
{
    internal override IReadOnlyCollection<Type> Handles { get; } =
    [
        typeof(CancelRequested), typeof(CancelRefused), typeof(CancelDelivered), typeof(CancelAcknowledged), .. EventTypes.That<ISettlesRun>(),
    ];

    internal override async Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation)
    {
        var fold = new CancelFold();
        var facts = await LoadAsync(connection, events, fold, cancellation);
        foreach (var recorded in events)
        {
            if (ResultFact.Of(recorded) is { } result && Counts(result))
            {
                fold.Add(new CheckPlace(result.Run.AccountId, result.CheckId, result.Location), result.ResponseTime!.Value);
            }

            fold.Apply(recorded, facts.GetValueOrDefault(recorded.Position));
        }

        if (fold.Spans.Count > 0)
        {
            await CancelSpansTable.MergeAsync(connection, fold.Spans, cancellation);
        }

        return [.. Save(fold)];
    }

    /// <summary>A result that says how long a run of a check takes: settled and counted in its metrics (docs/domain.md#rule-7).</summary>
    internal static bool Counts(ResultFact result) => result is
    {
        HasCheck: true,
        ResponseTime: not null,
        Outcome: RunState.Passed or RunState.Failed or RunState.Degraded,
    };

    private static async Task<IReadOnlyDictionary<long, SessionFacts>> LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancelFold fold, CancellationToken cancellation)
    {
        var runs = events.SelectMany(RunsOf).Distinct().ToList();
        if (runs.Count == 0 && !events.Any(recorded => recorded.Data is CancelRefused))
        {
            return new Dictionary<long, SessionFacts>();
        }

        await LoadRowsAsync(connection, [.. events.SelectMany(CancelsOf).Distinct()], runs, fold, cancellation);
        var requests = events
            .Where(recorded => CancelsOf(recorded).Any(key => fold.Cancels.Find(key) is null))
            .ToList();
        var facts = requests.Count == 0
            ? new Dictionary<long, SessionFacts>()
            : await SessionFactsReader.ReadAsync(connection, requests, cancellation);
        var places = PlacesOf(runs, fold)
            .Concat(requests.SelectMany(request => facts.GetValueOrDefault(request.Position)?.Runs.Values
                .Select(plan => Place(request.Stream.AccountId, plan)) ?? []))
            .Where(place => place.CheckId != Guid.Empty)
            .Distinct()
            .ToList();
        if (places.Count > 0)
        {
            await CancelNumbers.LoadAsync(connection, places, fold, cancellation);
        }

        return facts;
    }

    private static async Task LoadRowsAsync(
        NpgsqlConnection connection,
        IReadOnlyList<CancelKey> cancels,
        IReadOnlyList<RunKey> runs,
        CancelFold fold,
        CancellationToken cancellation)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { CancelRunsTable.Load(runs) } };
        if (cancels.Count > 0)
        {
            batch.BatchCommands.Add(CancelsTable.Load(cancels));
        }

        await batch.PrepareAsync(cancellation);
        await using var reader = await batch.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            CancelRunsTable.Read(reader, fold);
        }

        await reader.NextResultAsync(cancellation);
        fold.Cancels.Load(await reader.ReadAllAsync(
            row => KeyValuePair.Create(new CancelKey(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2)), CancelsTable.Read(row, 3)), cancellation));
    }

    private static IEnumerable<NpgsqlBatchCommand> Save(CancelFold fold) =>
    [
        .. Sql.ForAny(fold.Cancels.Added, CancelsTable.Table.Insert),
        .. Sql.ForAny(fold.Cancels.Changed, CancelsTable.Table.Update),
        .. Sql.ForAny(fold.Runs.Added, CancelRunsTable.Table.Insert),
        .. Sql.ForAny(fold.Runs.Changed, CancelRunsTable.Table.Update),
        .. Sql.ForAny(fold.NewResults, CancelNumbers.Durations.Upsert),
        .. Sql.ForAny(fold.Counts, CancelNumbers.Counts.Upsert),
        .. Sql.ForAny(fold.Spans, CancelSpansTable.Table.Upsert),
    ];

    /// <summary>The runs that may be under a cancel which an event tells of, or settles.</summary>
    private static IEnumerable<RunKey> RunsOf(RecordedEvent recorded)
    {
        IReadOnlyList<Guid> runs = recorded.Data switch
        {
            CancelRequested e => e.Targets,
            ISettlesRun { Outcome: null } => [],
            IRunEvent e => [e.SequenceId],
            _ => [],
        };
        return runs.Select(run => new RunKey(recorded.Stream.AccountId, recorded.Stream.SessionId, run));
    }

    /// <summary>The request that an event makes, or escalates.</summary>
    private static IEnumerable<CancelKey> CancelsOf(RecordedEvent recorded) => recorded.Data switch
    {
        CancelRequested e => [new CancelKey(recorded.Stream.AccountId, recorded.Stream.SessionId, e.CancelId)],
        CancelRefused e => [new CancelKey(recorded.Stream.AccountId, recorded.Stream.SessionId, e.CancelId)],
        _ => [],
    };

    private static IEnumerable<CheckPlace> PlacesOf(IEnumerable<RunKey> runs, CancelFold fold) => runs
        .Select(key => (key.AccountId, Run: fold.Runs.Find(key)))
        .Where(run => run.Run is not null)
        .Select(run => Place(run.AccountId, run.Run!.Plan));

    private static CheckPlace Place(Guid accountId, TargetedRun plan) => new(accountId, plan.CheckId ?? Guid.Empty, plan.Location);
}

/// <summary>
/// What events make of cancels: one row per request, one per targeted run, and the numbers. Pure; rows that events touch are put in
/// before. Like the list of open runs it relies on what the domain decides: a cancel targets open runs alone, and a run has one at most.
/// </summary>
internal sealed class CancelFold
{
    public Rows<CancelKey, CancelRow> Cancels { get; } = new();

    /// <summary>The targeted runs that are, or were, open.</summary>
    public Rows<RunKey, CancelRunRow> Runs { get; } = new();

    /// <summary>The results before these events, for the checks of the targeted runs.</summary>
    public Dictionary<CheckPlace, UsualDuration> Usual { get; } = [];

    public Dictionary<CheckPlace, UsualDuration> NewResults { get; } = [];

    public Dictionary<CountKey, long> Counts { get; } = [];

    /// <summary>What these events add to latencies and freed time.</summary>
    public Dictionary<SpanKey, SpanMetrics> Spans { get; } = [];

    /// <summary>A result that counts: what later cancels of the same check save is estimated by it too.</summary>
    public void Add(CheckPlace place, long responseTime) =>
        NewResults[place] = NewResults.GetValueOrDefault(place) + new UsualDuration(1, responseTime);

    /// <summary>Folds one event.</summary>
    /// <param name="session">What was before it, for a request to cancel; not asked for otherwise.</param>
    /// <exception cref="InvalidOperationException">A request to cancel in a session that never began.</exception>
    public void Apply(RecordedEvent recorded, SessionFacts? session)
    {
        switch (recorded.Data)
        {
            case CancelRequested e when Cancels.Find(Key(recorded, e.CancelId)) is { } known:
                Escalate(recorded, known, e);
                break;
            case CancelRequested e:
                Request(recorded, e, session ?? throw Unknown(recorded));
                break;
            case CancelRefused e when Cancels.Find(Key(recorded, e.CancelId)) is null:
                Refuse(recorded, e, session ?? throw Unknown(recorded));
                break;
            case CancelDelivered e:
                Change(recorded, e.SequenceId, run => run.CancelId == e.CancelId && run.DeliveredAt is null
                    ? run with { DeliveredAt = e.At, Channel = e.Channel }
                    : run);
                break;
            case CancelAcknowledged e:
                Change(recorded, e.SequenceId, run => run.CancelId == e.CancelId && run.AcknowledgedAt is null
                    ? run with { AcknowledgedAt = e.At }
                    : run);
                break;
            case RunAborted e:
                Settle(recorded, e.SequenceId, RunState.Cancelled, CancelRunOutcome.Cancelled, run => run with { StoppedAt = e.At, Aborted = e });
                break;
            case CancelExpired e:
                Settle(recorded, e.SequenceId, RunState.Cancelled, CancelRunOutcome.Expired, run => run);
                break;
            case ISettlesRun { Outcome: { } state } e:
                Settle(recorded, e.SequenceId, state, state is RunState.Cancelled ? CancelRunOutcome.Cancelled : CancelRunOutcome.Finished, run => run);
                break;
        }
    }

    private void Request(RecordedEvent recorded, CancelRequested e, SessionFacts session)
    {
        var targets = e.Targets
            .Where(target => session.Runs.ContainsKey(target) && Runs.Find(RunOf(recorded, target)) is null)
            .Distinct()
            .ToList();
        Cancels.Set(Key(recorded, e.CancelId), new CancelRow(recorded.Position, e.At, e.Cause, e.Via, targets.Count)
        {
            Facts = new CancelRequestFacts(session, e.Actor, e.Reason, e.SupersededBy, e.Origin, e.Skipped),
            Forced = e.Forced,
        });
        for (var ordinal = 0; ordinal < targets.Count; ordinal++)
        {
            Runs.Set(
                RunOf(recorded, targets[ordinal]),
                new CancelRunRow(e.CancelId, recorded.Position, ordinal, session.Runs[targets[ordinal]]) { Forced = e.Forced });
        }
    }

    /// <summary>The same cancel once more is its escalation; its first requester and reason stay authoritative.</summary>
    private void Escalate(RecordedEvent recorded, CancelRow known, CancelRequested e)
    {
        if (e.Forced)
        {
            Cancels.Set(Key(recorded, e.CancelId), known with
            {
                Forced = true,
                Escalation = known.Escalation ?? JsonSerializer.Serialize(new CancelEscalation(e.Actor, e.Via, e.At), CancelJson.Options),
            });
            foreach (var target in e.Targets)
            {
                Change(recorded, target, run => run.CancelId == e.CancelId ? run with { Forced = true } : run);
            }
        }
    }

    private void Refuse(RecordedEvent recorded, CancelRefused e, SessionFacts session)
    {
        var row = new CancelRow(recorded.Position, e.At, e.Cause, e.Via, Targets: 0)
        {
            Facts = new CancelRequestFacts(session, e.Actor, e.Reason, null, e.Origin, e.Skipped),
            SettledAt = e.At,
        };
        Cancels.Set(Key(recorded, e.CancelId), row);
        Count(recorded, row, CountSubject.Request, Words<CancelOutcome>.Of(row.Outcome));
    }

    private void Settle(
        RecordedEvent recorded, Guid sequenceId, RunState state, CancelRunOutcome outcome, Func<CancelRunRow, CancelRunRow> change)
    {
        var key = RunOf(recorded, sequenceId);
        if (Runs.Find(key) is not { IsSettled: false } open)
        {
            return;
        }

        var at = recorded.Data.At;
        var run = change(open with
        {
            State = state,
            Outcome = outcome,
            SettledAt = at,
            FreedMs = outcome is CancelRunOutcome.Cancelled ? open.Freed(UsualOf(key, open.Plan), at) : null,
        });
        Runs.Set(key, run);

        var before = Cancels.Get(Key(recorded, run.CancelId));
        var cancel = before.Settled(outcome, at);
        Cancels.Set(Key(recorded, run.CancelId), cancel);

        Count(recorded, cancel, CountSubject.Run, Words<CancelRunOutcome>.Of(outcome));
        if (cancel.Outcome is not CancelOutcome.Pending)
        {
            Count(recorded, cancel, CountSubject.Request, Words<CancelOutcome>.Of(cancel.Outcome));
        }

        foreach (var span in SpanKey.Of(key.AccountId, cancel.RequestedAt))
        {
            if (!Spans.TryGetValue(span, out var metrics))
            {
                Spans.Add(span, metrics = new SpanMetrics());
            }

            metrics.Add(cancel.RequestedAt, run.DeliveredAt, run.AcknowledgedAt, run.StoppedAt, at, outcome, run.FreedMs);
        }
    }

    private long? UsualOf(RunKey key, TargetedRun plan)
    {
        var place = new CheckPlace(key.AccountId, plan.CheckId ?? Guid.Empty, plan.Location);
        return (Usual.GetValueOrDefault(place) + NewResults.GetValueOrDefault(place)).Mean;
    }

    private void Count(RecordedEvent recorded, CancelRow cancel, CountSubject subject, string outcome)
    {
        foreach (var span in SpanKey.Of(recorded.Stream.AccountId, cancel.RequestedAt))
        {
            var key = new CountKey(span, subject, cancel.Cause, cancel.Via, outcome);
            Counts[key] = Counts.GetValueOrDefault(key) + 1;
        }
    }

    private void Change(RecordedEvent recorded, Guid sequenceId, Func<CancelRunRow, CancelRunRow> change)
    {
        var key = RunOf(recorded, sequenceId);
        if (Runs.Find(key) is { IsSettled: false } run && change(run) is var changed && changed != run)
        {
            Runs.Set(key, changed);
        }
    }

    private static InvalidOperationException Unknown(RecordedEvent recorded) =>
        new($"The session of the cancel at position {recorded.Position} never began.");

    private static CancelKey Key(RecordedEvent recorded, Guid cancelId) =>
        new(recorded.Stream.AccountId, recorded.Stream.SessionId, cancelId);

    private static RunKey RunOf(RecordedEvent recorded, Guid sequenceId) =>
        new(recorded.Stream.AccountId, recorded.Stream.SessionId, sequenceId);
}

/// <summary>One request to cancel.</summary>
internal readonly record struct CancelKey(Guid AccountId, Guid SessionId, Guid CancelId);

/// <summary>A request to cancel: what the metrics need of it, and what changes.</summary>
/// <param name="Cause">Why, as a class.</param>
internal sealed record CancelRow(long Position, DateTimeOffset RequestedAt, CancelCause Cause, CancelVia Via, int Targets)
{
    /// <summary>What never changes, for a row that is not stored yet; null on one that was loaded.</summary>
    public CancelRequestFacts? Facts { get; init; }

    /// <summary>Whether it was forced from the start, or escalated.</summary>
    public bool Forced { get; init; }

    /// <summary>Its first escalation, as JSON; null while there is none.</summary>
    public string? Escalation { get; init; }

    public int Cancelled { get; init; }

    /// <summary>How many were settled by the deadline.</summary>
    public int Expired { get; init; }

    public int Finished { get; init; }

    /// <summary>When the last targeted run was settled, or the request refused; null while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    public CancelOutcome Outcome => this switch
    {
        { Targets: 0 } => CancelOutcome.Refused,
        _ when Cancelled + Expired + Finished < Targets => CancelOutcome.Pending,
        { Expired: > 0 } => CancelOutcome.Expired,
        { Finished: 0 } => CancelOutcome.Cancelled,
        { Cancelled: 0 } => CancelOutcome.Finished,
        _ => CancelOutcome.PartlyCancelled,
    };

    public CancelRow Settled(CancelRunOutcome outcome, DateTimeOffset at)
    {
        var row = outcome switch
        {
            CancelRunOutcome.Cancelled => this with { Cancelled = Cancelled + 1 },
            CancelRunOutcome.Expired => this with { Expired = Expired + 1 },
            CancelRunOutcome.Finished => this with { Finished = Finished + 1 },
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "Not the outcome of a settled run."),
        };
        return row.Outcome is CancelOutcome.Pending ? row : row with { SettledAt = at };
    }
}

/// <summary>What never changes of a request to cancel.</summary>
/// <param name="Reason">Why, in words.</param>
/// <param name="SupersededBy">The successor session, if there is one.</param>
internal sealed record CancelRequestFacts(
    SessionFacts Session,
    Actor Actor,
    string? Reason,
    Guid? SupersededBy,
    IReadOnlyDictionary<string, string>? Origin,
    IReadOnlyList<SkippedRun> Skipped);

/// <summary>A run that a cancel targeted.</summary>
/// <param name="CancelId">Its cancel; a run has at most one.</param>
/// <param name="Ordinal">Its place among the targets, from 0.</param>
internal sealed record CancelRunRow(Guid CancelId, long CancelPosition, int Ordinal, TargetedRun Plan)
{
    public bool Forced { get; init; }

    public DateTimeOffset? DeliveredAt { get; init; }

    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner first confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When it was settled; null while it is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How the runner, or the cancel of a queued run, ended it; null where something else settled it.</summary>
    public RunAborted? Aborted { get; init; }

    public RunState State { get; init; } = RunState.Cancelling;

    public CancelRunOutcome Outcome { get; init; }

    /// <summary>The runner time that the stop saved, in milliseconds, as an estimate; null where there is none.</summary>
    public long? FreedMs { get; init; }

    public bool IsSettled => SettledAt is not null;

    /// <summary>
    /// The runner time that its stop saves: what it would usually have taken, or else its own limit, less what it had taken; at least
    /// nothing. Null when neither is known.
    /// </summary>
    /// <param name="usual">The mean of the results of its check at its location so far; null when there are none.</param>
    public long? Freed(long? usual, DateTimeOffset at)
    {
        var expected = usual ?? Plan.TimeoutSeconds * 1_000L;
        var taken = Plan.StartedAt is { } start ? Latency.Milliseconds(start, at) : 0;
        return expected is { } whole ? Math.Max(0, whole - taken) : null;
    }
}

/// <summary>What the events before a request to cancel say about its session.</summary>
/// <param name="Project">Its project, or null.</param>
internal sealed record SessionFacts(SessionKind Kind, string? Project, string Name, Dictionary<Guid, TargetedRun> Runs);

/// <summary>What they say about one of its runs.</summary>
/// <param name="CheckId">Its check, if there is one.</param>
/// <param name="TimeoutSeconds">Its own limit, or null.</param>
/// <param name="StartedAt">When its execution had begun; null if it had not. A run that is being cancelled starts no more.</param>
internal sealed record TargetedRun(
    Guid? CheckId, string CheckType, string Name, string Location, int? TimeoutSeconds, DateTimeOffset? StartedAt);

/// <summary>A check of an account at a location.</summary>
internal readonly record struct CheckPlace(Guid AccountId, Guid CheckId, string Location);

/// <summary>How long the runs of a check take at a location.</summary>
/// <param name="TotalMs">Their response times, added up; without a limit, for a client may claim any duration.</param>
internal readonly record struct UsualDuration(long Results, decimal TotalMs)
{
    /// <summary>The mean in whole milliseconds; null without results.</summary>
    public long? Mean => Results == 0 ? null : (long)decimal.Floor(TotalMs / Results);

    public static UsualDuration operator +(UsualDuration one, UsualDuration other) =>
        new(one.Results + other.Results, one.TotalMs + other.TotalMs);
}

/// <summary>What is counted: requests, or the runs that they targeted.</summary>
internal enum CountSubject
{
    Request,

    Run,
}

/// <summary>One number: how many of a subject, asked for in a span, for one cause and through one interface, ended one way.</summary>
/// <param name="Outcome">The word of the <see cref="CancelOutcome"/> or the <see cref="CancelRunOutcome"/>.</param>
internal readonly record struct CountKey(SpanKey Span, CountSubject Subject, CancelCause Cause, CancelVia Via, string Outcome);

/// <summary>A span of time of an account.</summary>
internal readonly record struct SpanKey(Guid AccountId, MetricsSpan Span, DateTimeOffset Start)
{
    /// <summary>The spans that a time is in, one of each length.</summary>
    public static IReadOnlyList<SpanKey> Of(Guid accountId, DateTimeOffset at) =>
        [.. Enum.GetValues<MetricsSpan>().Select(span => new SpanKey(accountId, span, span.StartOf(at)))];
}

/// <summary>The table <c>cancels</c>, as the projection reads and writes it.</summary>
internal static class CancelsTable
{
    /// <summary>What the fold needs of a request, in the order in which <see cref="Read"/> reads it.</summary>
    public const string Columns =
        "c.position, c.requested_at, c.cause, c.via, c.targets, c.forced, c.escalation, c.cancelled, c.expired, c.finished, c.settled_at";

    private static readonly Table<CancelKey> Keys = new Table<CancelKey>("cancels")
        .Key("account_id", key => key.AccountId)
        .Key("session_id", key => key.SessionId)
        .Key("cancel_id", key => key.CancelId);

    public static readonly Table<KeyValuePair<CancelKey, CancelRow>> Table = new Table<KeyValuePair<CancelKey, CancelRow>>("cancels")
        .Key("position", row => row.Value.Position)
        .Once("account_id", row => row.Key.AccountId)
        .Once("session_id", row => row.Key.SessionId)
        .Once("cancel_id", row => row.Key.CancelId)
        .Once("session_kind", row => Words<SessionKind>.Of(row.Value.Facts!.Session.Kind))
        .Once("session_name", row => row.Value.Facts!.Session.Name)
        .Once("project", row => row.Value.Facts!.Session.Project)
        .Once("actor_kind", row => Words<ActorKind>.Of(row.Value.Facts!.Actor.Kind))
        .Once("actor_id", row => row.Value.Facts!.Actor.Id)
        .Once("actor_name", row => row.Value.Facts!.Actor.Name)
        .Once("via", row => Words<CancelVia>.Of(row.Value.Via))
        .Once("cause", row => Words<CancelCause>.Of(row.Value.Cause))
        .Once("reason", row => row.Value.Facts!.Reason)
        .Once("superseded_by", row => row.Value.Facts!.SupersededBy)
        .Once("origin", row => CancelJson.TextOf(row.Value.Facts!.Origin), "jsonb")
        .Once("requested_at", row => row.Value.RequestedAt)
        .Once("targets", row => row.Value.Targets)
        .Once("skipped_count", row => row.Value.Facts!.Skipped.Count)
        .Once("skipped", row => CancelJson.TextOf(row.Value.Facts!.Skipped), "jsonb")
        .Set("forced", row => row.Value.Forced)
        .Set("escalation", row => row.Value.Escalation, "jsonb")
        .Set("settled_at", row => row.Value.SettledAt)
        .Set("cancelled", row => row.Value.Cancelled)
        .Set("expired", row => row.Value.Expired)
        .Set("finished", row => row.Value.Finished)
        .Set("outcome", row => Words<CancelOutcome>.Of(row.Value.Outcome));

    public static NpgsqlBatchCommand Load(IReadOnlyList<CancelKey> keys) => Keys.Select(
        keys, $"account_id, session_id, cancel_id, {Columns.Replace("c.", "r.", StringComparison.Ordinal)}");

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static CancelRow Read(NpgsqlDataReader row, int first) => new(
        row.GetInt64(first),
        row.GetFieldValue<DateTimeOffset>(first + 1),
        Words<CancelCause>.Read(row.GetString(first + 2)),
        Words<CancelVia>.Read(row.GetString(first + 3)),
        row.GetInt32(first + 4))
    {
        Forced = row.GetBoolean(first + 5),
        Escalation = row.GetStringOrNull(first + 6),
        Cancelled = row.GetInt32(first + 7),
        Expired = row.GetInt32(first + 8),
        Finished = row.GetInt32(first + 9),
        SettledAt = row.GetFieldValue<DateTimeOffset?>(first + 10),
    };
}

/// <summary>The table <c>cancel_runs</c>, as the projection reads and writes it.</summary>
internal static class CancelRunsTable
{
    private static readonly Table<RunKey> Keys = new Table<RunKey>("cancel_runs")
        .Key("account_id", key => key.AccountId)
        .Key("session_id", key => key.SessionId)
        .Key("sequence_id", key => key.SequenceId);

    public static readonly Table<KeyValuePair<RunKey, CancelRunRow>> Table = new Table<KeyValuePair<RunKey, CancelRunRow>>("cancel_runs")
        .Key("cancel_position", row => row.Value.CancelPosition)
        .Key("ordinal", row => row.Value.Ordinal)
        .Once("account_id", row => row.Key.AccountId)
        .Once("session_id", row => row.Key.SessionId)
        .Once("sequence_id", row => row.Key.SequenceId)
        .Once("check_id", row => row.Value.Plan.CheckId)
        .Once("check_type", row => row.Value.Plan.CheckType)
        .Once("name", row => row.Value.Plan.Name)
        .Once("location", row => row.Value.Plan.Location)
        .Once("timeout_seconds", row => row.Value.Plan.TimeoutSeconds)
        .Once("started_at", row => row.Value.Plan.StartedAt)
        .Set("forced", row => row.Value.Forced)
        .Set("delivered_at", row => row.Value.DeliveredAt)
        .Set("channel", row => Words<DeliveryChannel>.OrNull(row.Value.Channel))
        .Set("acknowledged_at", row => row.Value.AcknowledgedAt)
        .Set("stopped_at", row => row.Value.StoppedAt)
        .Set("settled_at", row => row.Value.SettledAt)
        .Set("how", row => Words<AbortManner>.OrNull(row.Value.Aborted?.How))
        .Set("exit_code", row => row.Value.Aborted?.ExitCode)
        .Set("signal", row => row.Value.Aborted?.Signal)
        .Set("duration_ms", row => row.Value.Aborted?.DurationMs)
        .Set("processes_left", row => row.Value.Aborted?.Evidence?.ProcessesLeft)
        .Set("state", row => Words<RunState>.Of(row.Value.State))
        .Set("outcome", row => Words<CancelRunOutcome>.Of(row.Value.Outcome))
        .Set("freed_ms", row => row.Value.FreedMs);

    /// <summary>Loads the open runs among these, each with its request.</summary>
    public static NpgsqlBatchCommand Load(IReadOnlyList<RunKey> keys) => Keys.Select(
        keys,
        $"""
        r.account_id, r.session_id, r.sequence_id, c.cancel_id, r.ordinal, r.check_id, r.check_type, r.name, r.location, r.timeout_seconds,
          r.started_at, r.forced, r.delivered_at, r.channel, r.acknowledged_at, {CancelsTable.Columns}
        """,
        "join cancels c on c.position = r.cancel_position where r.settled_at is null");

    public static void Read(NpgsqlDataReader row, CancelFold fold)
    {
        var key = new RunKey(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2));
        var cancelId = row.GetGuid(3);
        var cancel = CancelsTable.Read(row, 15);
        var plan = new TargetedRun(
            row.GetFieldValue<Guid?>(5),
            row.GetString(6),
            row.GetString(7),
            row.GetString(8),
            row.GetFieldValue<int?>(9),
            row.GetFieldValue<DateTimeOffset?>(10));
        fold.Runs.Load(key, new CancelRunRow(cancelId, cancel.Position, row.GetInt32(4), plan)
        {
            Forced = row.GetBoolean(11),
            DeliveredAt = row.GetFieldValue<DateTimeOffset?>(12),
            Channel = Words<DeliveryChannel>.ReadOrNull(row.GetStringOrNull(13)),
            AcknowledgedAt = row.GetFieldValue<DateTimeOffset?>(14),
        });
        fold.Cancels.Load(new CancelKey(key.AccountId, key.SessionId, cancelId), cancel);
    }
}

/// <summary>The table <c>cancel_spans</c>, as the projection reads and writes it.</summary>
internal static class CancelSpansTable
{
    /// <summary>The metrics of a span, in the order in which <see cref="Read"/> reads them.</summary>
    public const string Columns = """
        requested_to_delivered, requested_to_delivered_max, delivered_to_acknowledged, delivered_to_acknowledged_max,
        acknowledged_to_stopped, acknowledged_to_stopped_max, requested_to_settled, requested_to_settled_max,
        freed_ms, freed_runs, unknown_runs
        """;

    private static readonly Table<SpanKey> Keys = new Table<SpanKey>("cancel_spans")
        .Key("account_id", key => key.AccountId)
        .Key("grain", key => Words<MetricsSpan>.Of(key.Span))
        .Key("start", key => key.Start);

    public static readonly Table<KeyValuePair<SpanKey, SpanMetrics>> Table = new Table<KeyValuePair<SpanKey, SpanMetrics>>("cancel_spans")
        .Keys(Keys, span => span.Key)
        .Set("requested_to_delivered", span => span.Value.RequestedToDelivered.Bytes)
        .Set("requested_to_delivered_max", span => span.Value.RequestedToDelivered.Max)
        .Set("delivered_to_acknowledged", span => span.Value.DeliveredToAcknowledged.Bytes)
        .Set("delivered_to_acknowledged_max", span => span.Value.DeliveredToAcknowledged.Max)
        .Set("acknowledged_to_stopped", span => span.Value.AcknowledgedToStopped.Bytes)
        .Set("acknowledged_to_stopped_max", span => span.Value.AcknowledgedToStopped.Max)
        .Set("requested_to_settled", span => span.Value.RequestedToSettled.Bytes)
        .Set("requested_to_settled_max", span => span.Value.RequestedToSettled.Max)
        .Set("freed_ms", span => span.Value.FreedMs)
        .Set("freed_runs", span => span.Value.FreedRuns)
        .Set("unknown_runs", span => span.Value.UnknownRuns);

    /// <summary>Adds what is stored of these spans to what is new.</summary>
    public static async Task MergeAsync(
        NpgsqlConnection connection, Dictionary<SpanKey, SpanMetrics> spans, CancellationToken cancellation)
    {
        var stored = await Keys.LoadAsync(
            connection,
            [.. spans.Keys],
            $"account_id, grain, start, {Columns}",
            row => (
                Key: new SpanKey(row.GetGuid(0), Words<MetricsSpan>.Read(row.GetString(1)), row.GetFieldValue<DateTimeOffset>(2)),
                Metrics: Read(row, 3)),
            cancellation);
        stored.ForEach(span => spans[span.Key].Add(span.Metrics));
    }

    /// <summary>Reads <see cref="Columns"/>, which begin at a column.</summary>
    public static SpanMetrics Read(NpgsqlDataReader row, int first) => new()
    {
        RequestedToDelivered = ReadLatency(row, first),
        DeliveredToAcknowledged = ReadLatency(row, first + 2),
        AcknowledgedToStopped = ReadLatency(row, first + 4),
        RequestedToSettled = ReadLatency(row, first + 6),
        FreedMs = row.GetDecimal(first + 8),
        FreedRuns = row.GetInt64(first + 9),
        UnknownRuns = row.GetInt64(first + 10),
    };

    private static Latency ReadLatency(NpgsqlDataReader row, int first) =>
        new(Histogram.FromBytes(row.GetFieldValue<byte[]>(first)), row.GetFieldValue<long?>(first + 1));
}

/// <summary>The numbers that only ever grow: <c>cancel_counts</c> and <c>usual_durations</c>, as the projection reads and writes them.</summary>
internal static class CancelNumbers
{
    public static readonly Table<KeyValuePair<CountKey, long>> Counts = new Table<KeyValuePair<CountKey, long>>("cancel_counts")
        .Key("account_id", count => count.Key.Span.AccountId)
        .Key("grain", count => Words<MetricsSpan>.Of(count.Key.Span.Span))
        .Key("start", count => count.Key.Span.Start)
        .Key("subject", count => Words<CountSubject>.Of(count.Key.Subject))
        .Key("cause", count => Words<CancelCause>.Of(count.Key.Cause))
        .Key("via", count => Words<CancelVia>.Of(count.Key.Via))
        .Key("outcome", count => count.Key.Outcome)
        .Sum("count", count => count.Value);

    private static readonly Table<CheckPlace> Places = new Table<CheckPlace>("usual_durations")
        .Key("account_id", place => place.AccountId)
        .Key("check_id", place => place.CheckId)
        .Key("location", place => place.Location);

    public static readonly Table<KeyValuePair<CheckPlace, UsualDuration>> Durations = new Table<KeyValuePair<CheckPlace, UsualDuration>>("usual_durations")
        .Keys(Places, result => result.Key)
        .Sum("results", result => result.Value.Results)
        .Sum("total_ms", result => result.Value.TotalMs);

    public static async Task LoadAsync(
        NpgsqlConnection connection, IReadOnlyList<CheckPlace> places, CancelFold fold, CancellationToken cancellation)
    {
        var stored = await Places.LoadAsync(
            connection,
            places,
            "account_id, check_id, location, results, total_ms",
            row => (Place: new CheckPlace(row.GetGuid(0), row.GetGuid(1), row.GetString(2)), Usual: new UsualDuration(row.GetInt64(3), row.GetDecimal(4))),
            cancellation);
        stored.ForEach(usual => fold.Usual.Add(usual.Place, usual.Usual));
    }
}

/// <summary>
/// Reads what the events before requests to cancel say about their sessions: the trigger and the starts. They are read when they are
/// needed, since most sessions are never cancelled and keeping them for all would cost every run a row.
/// </summary>
internal static class SessionFactsReader
{
    private const string FactsSql = """
        select k.n, e.data ->> 'kind', e.data ->> 'project', e.data ->> 'name',
          (select jsonb_agg(r - 'spec') from jsonb_array_elements(e.data -> 'runs') r where (r ->> 'sequenceId')::uuid = any($4)),
          (e.data ->> 'sequenceId')::uuid, e.data ->> 'at'
        from unnest($1, $2, $3) with ordinality as k(account_id, session_id, version, n)
        join ledger.mt_events e on e.tenant_id = k.account_id::text and e.stream_id = k.session_id and e.version < k.version
        where e.version = 1 or e.type = 'run_started'
        order by k.n, e.version
        """;

    /// <summary>What was before each request, by its position.</summary>
    /// <param name="requests">The requests.</param>
    public static async Task<IReadOnlyDictionary<long, SessionFacts>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> requests, CancellationToken cancellation)
    {
        var facts = new Dictionary<long, SessionFacts>();
        var found = await connection.QueryAsync(
            FactsSql,
            [
                requests.Select(request => request.Stream.AccountId).ToArray(),
                requests.Select(request => request.Stream.SessionId).ToArray(),
                requests.Select(request => request.Version).ToArray(),
                requests.SelectMany(request => TargetsOf(request.Data)).Distinct().ToArray(),
            ],
            row => (
                Request: requests[(int)row.GetInt64(0) - 1].Position,
                Session: row.IsDBNull(1) ? null : new SessionFacts(
                    Words<SessionKind>.Read(row.GetString(1)),
                    row.GetStringOrNull(2),
                    row.GetString(3),
                    (CancelJson.Read<List<PlannedRun>>(row.GetStringOrNull(4)) ?? []).ToDictionary(run => run.SequenceId, run => run.Targeted)),
                Started: row.IsDBNull(5) ? default((Guid Run, DateTimeOffset At)?) : (row.GetGuid(5), TimeOf(row.GetString(6)))),
            cancellation);
        foreach (var (request, session, started) in found)
        {
            if (session is not null)
            {
                facts.Add(request, session);
            }
            else if (started is { } start && facts[request].Runs.TryGetValue(start.Run, out var run))
            {
                facts[request].Runs[start.Run] = run with { StartedAt = start.At };
            }
        }

        return facts;
    }

    private static IReadOnlyList<Guid> TargetsOf(ISessionEvent data) => data is CancelRequested e ? e.Targets : [];

    /// <summary>As events hold it; the database would round it where the ledger truncates.</summary>
    private static DateTimeOffset TimeOf(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    /// <summary>A run as the trigger has it.</summary>
    private sealed record PlannedRun(Guid SequenceId, Guid? CheckId, string CheckType, string Name, string Location, int? TimeoutSeconds)
    {
        public TargetedRun Targeted => new(CheckId, CheckType, Name, Location, TimeoutSeconds, StartedAt: null);
    }
}

/// <summary>How the parts of a request are written that nobody filters by.</summary>
internal static class CancelJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    public static string? TextOf<T>(T? value)
        where T : class => value is null ? null : JsonSerializer.Serialize(value, Options);

    public static T? Read<T>(string? json)
        where T : class => json is null ? null : JsonSerializer.Deserialize<T>(json, Options);

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new CamelCaseEnumConverter() } };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
