using System.Text.Json;
using Ledger.Projections.Daemon;
using Ledger.Projections.OpenRuns;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Cancellations;

/// <summary>
/// What events make of cancels: one row per request, one per targeted run, and the numbers. Pure; rows that events touch are put in
/// before. Like the list of open runs it relies on what the domain decides: a cancel targets open runs alone, and a run has one at most.
/// </summary>
internal sealed class CancelFold
{
    /// <summary>The requests.</summary>
    public Rows<CancelKey, CancelRow> Cancels { get; } = new();

    /// <summary>The targeted runs that are, or were, open.</summary>
    public Rows<RunKey, CancelRunRow> Runs { get; } = new();

    /// <summary>The results before these events, for the checks of the targeted runs.</summary>
    public Dictionary<CheckPlace, UsualDuration> Usual { get; } = [];

    /// <summary>The results of these events.</summary>
    public Dictionary<CheckPlace, UsualDuration> NewResults { get; } = [];

    /// <summary>What these events add to the counts.</summary>
    public Dictionary<CountKey, long> Counts { get; } = [];

    /// <summary>What these events add to latencies and freed time.</summary>
    public Dictionary<SpanKey, SpanMetrics> Spans { get; } = [];

    /// <summary>A result that counts: what later cancels of the same check save is estimated by it too.</summary>
    public void Add(CheckPlace place, long responseTime) =>
        NewResults[place] = NewResults.GetValueOrDefault(place) + new UsualDuration(1, responseTime);

    /// <summary>Folds one event.</summary>
    /// <param name="recorded">The event.</param>
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
/// <param name="Position">The event that brought it.</param>
/// <param name="RequestedAt">When.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Targets">How many runs it targeted.</param>
internal sealed record CancelRow(long Position, DateTimeOffset RequestedAt, CancelCause Cause, CancelVia Via, int Targets)
{
    /// <summary>What never changes, for a row that is not stored yet; null on one that was loaded.</summary>
    public CancelRequestFacts? Facts { get; init; }

    /// <summary>Whether it was forced from the start, or escalated.</summary>
    public bool Forced { get; init; }

    /// <summary>Its first escalation, as JSON; null while there is none.</summary>
    public string? Escalation { get; init; }

    /// <summary>How many targeted runs were stopped by it.</summary>
    public int Cancelled { get; init; }

    /// <summary>How many were settled by the deadline.</summary>
    public int Expired { get; init; }

    /// <summary>How many had finished first.</summary>
    public int Finished { get; init; }

    /// <summary>When the last targeted run was settled, or the request refused; null while it is pending.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>What came of it.</summary>
    public CancelOutcome Outcome => this switch
    {
        { Targets: 0 } => CancelOutcome.Refused,
        _ when Cancelled + Expired + Finished < Targets => CancelOutcome.Pending,
        { Expired: > 0 } => CancelOutcome.Expired,
        { Finished: 0 } => CancelOutcome.Cancelled,
        { Cancelled: 0 } => CancelOutcome.Finished,
        _ => CancelOutcome.PartlyCancelled,
    };

    /// <summary>One of its runs was settled.</summary>
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
/// <param name="Session">The session that it is about.</param>
/// <param name="Actor">Who asked.</param>
/// <param name="Reason">Why, in words.</param>
/// <param name="SupersededBy">The successor session, if there is one.</param>
/// <param name="Origin">What the client said about itself.</param>
/// <param name="Skipped">The runs that were asked for and left alone.</param>
internal sealed record CancelRequestFacts(
    SessionFacts Session,
    Actor Actor,
    string? Reason,
    Guid? SupersededBy,
    IReadOnlyDictionary<string, string>? Origin,
    IReadOnlyList<SkippedRun> Skipped);

/// <summary>A run that a cancel targeted.</summary>
/// <param name="CancelId">Its cancel; a run has at most one.</param>
/// <param name="CancelPosition">The event that brought the cancel.</param>
/// <param name="Ordinal">Its place among the targets, from 0.</param>
/// <param name="Plan">What the session says about it.</param>
internal sealed record CancelRunRow(Guid CancelId, long CancelPosition, int Ordinal, TargetedRun Plan)
{
    /// <summary>Whether the runner is told to kill at once.</summary>
    public bool Forced { get; init; }

    /// <summary>When the signal was first handed to the runner.</summary>
    public DateTimeOffset? DeliveredAt { get; init; }

    /// <summary>By which channel.</summary>
    public DeliveryChannel? Channel { get; init; }

    /// <summary>When the runner first confirmed that it is stopping.</summary>
    public DateTimeOffset? AcknowledgedAt { get; init; }

    /// <summary>When execution was proven over.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>When it was settled; null while it is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }

    /// <summary>How the runner, or the cancel of a queued run, ended it; null where something else settled it.</summary>
    public RunAborted? Aborted { get; init; }

    /// <summary>Where the run stands.</summary>
    public RunState State { get; init; } = RunState.Cancelling;

    /// <summary>What that means for the cancel.</summary>
    public CancelRunOutcome Outcome { get; init; }

    /// <summary>The runner time that the stop saved, in milliseconds, as an estimate; null where there is none.</summary>
    public long? FreedMs { get; init; }

    /// <summary>Whether nothing can change any more.</summary>
    public bool IsSettled => SettledAt is not null;

    /// <summary>
    /// The runner time that its stop saves: what it would usually have taken, or else its own limit, less what it had taken; at least
    /// nothing. Null when neither is known.
    /// </summary>
    /// <param name="usual">The mean of the results of its check at its location so far; null when there are none.</param>
    /// <param name="at">When it stopped.</param>
    public long? Freed(long? usual, DateTimeOffset at)
    {
        var expected = usual ?? Plan.TimeoutSeconds * 1_000L;
        var taken = Plan.StartedAt is { } start ? Latency.Milliseconds(start, at) : 0;
        return expected is { } whole ? Math.Max(0, whole - taken) : null;
    }
}

/// <summary>What the events before a request to cancel say about its session.</summary>
/// <param name="Kind">What it executes.</param>
/// <param name="Project">Its project, or null.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Runs">The runs that were targeted.</param>
internal sealed record SessionFacts(SessionKind Kind, string? Project, string Name, IReadOnlyDictionary<Guid, TargetedRun> Runs);

/// <summary>What they say about one of its runs.</summary>
/// <param name="CheckId">Its check, if there is one.</param>
/// <param name="CheckType">The check's type.</param>
/// <param name="Name">What people call it.</param>
/// <param name="Location">Where it runs.</param>
/// <param name="TimeoutSeconds">Its own limit, or null.</param>
/// <param name="StartedAt">When its execution had begun; null if it had not. A run that is being cancelled starts no more.</param>
internal sealed record TargetedRun(
    Guid? CheckId, string CheckType, string Name, string Location, int? TimeoutSeconds, DateTimeOffset? StartedAt);

/// <summary>A check of an account at a location.</summary>
internal readonly record struct CheckPlace(Guid AccountId, Guid CheckId, string Location);

/// <summary>How long the runs of a check take at a location.</summary>
/// <param name="Results">How many results count.</param>
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
    /// <summary>Requests to cancel.</summary>
    Request,

    /// <summary>Targeted runs.</summary>
    Run,
}

/// <summary>One number: how many of a subject, asked for in a span, for one cause and through one interface, ended one way.</summary>
/// <param name="Span">When they were asked for.</param>
/// <param name="Subject">Requests or runs.</param>
/// <param name="Cause">Why.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Outcome">The word of the <see cref="CancelOutcome"/> or the <see cref="CancelRunOutcome"/>.</param>
internal readonly record struct CountKey(SpanKey Span, CountSubject Subject, CancelCause Cause, CancelVia Via, string Outcome);

/// <summary>How long the spans are that are counted together.</summary>
internal enum Grain
{
    /// <summary>A UTC hour.</summary>
    Hour,

    /// <summary>A UTC day, so that a report over years reads few rows.</summary>
    Day,
}

/// <summary>A span of time of an account.</summary>
internal readonly record struct SpanKey(Guid AccountId, Grain Grain, DateTimeOffset Start)
{
    /// <summary>The spans that a time is in, one of each grain.</summary>
    public static IReadOnlyList<SpanKey> Of(Guid accountId, DateTimeOffset at) =>
    [
        new(accountId, Grain.Hour, Grains.Floor(Grain.Hour, at)),
        new(accountId, Grain.Day, Grains.Floor(Grain.Day, at)),
    ];
}

/// <summary>Where spans begin.</summary>
internal static class Grains
{
    /// <summary>The length of a span.</summary>
    public static TimeSpan Length(Grain grain) => grain switch
    {
        Grain.Hour => TimeSpan.FromHours(1),
        Grain.Day => TimeSpan.FromDays(1),
        _ => throw new ArgumentOutOfRangeException(nameof(grain), grain, "A grain without a length."),
    };

    /// <summary>When the span began that a time is in.</summary>
    public static DateTimeOffset Floor(Grain grain, DateTimeOffset at) =>
        new(at.UtcTicks - (at.UtcTicks % Length(grain).Ticks), TimeSpan.Zero);
}
