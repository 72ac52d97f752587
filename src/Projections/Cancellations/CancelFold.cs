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

            metrics.Add(new SettledFacts(
                cancel.RequestedAt, run.DeliveredAt, run.AcknowledgedAt, run.StoppedAt, at, outcome, run.FreedMs));
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
