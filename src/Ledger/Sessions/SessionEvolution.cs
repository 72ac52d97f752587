namespace Ledger.Sessions;

/// <summary>
/// How each event changes a session. The first terminal fact of a run wins here too: an event that would settle a settled run changes
/// nothing, in whatever order a stream may hold them (docs/domain.md#rule-3, docs/domain.md#p4, docs/domain.md#p5).
/// </summary>
public sealed partial record Session
{
    /// <summary>The session that a trigger begins.</summary>
    public static Session Create(SessionTriggered triggered) => new(triggered);

    /// <summary>
    /// Folds one event of whatever type. Not called <c>Evolve</c>: to Marten a public method of that name takes the place of
    /// <c>Create</c> and <c>Apply</c>.
    /// </summary>
    /// <param name="session">The session so far; null before the first event.</param>
    /// <param name="data">The next event of its stream.</param>
    /// <exception cref="InvalidOperationException">A stream that does not begin with <see cref="SessionTriggered"/>, or has two.</exception>
    public static Session Fold(Session? session, ISessionEvent data) => (session, data) switch
    {
        (null, SessionTriggered triggered) => Create(triggered),
        (null, _) => throw new InvalidOperationException($"A stream begins with SessionTriggered, not with {data.GetType().Name}."),
        (_, SessionTriggered) => throw new InvalidOperationException($"Session {session.Id} was triggered twice."),
        (_, RunClaimed e) => session.Apply(e),
        (_, RunStarted e) => session.Apply(e),
        (_, CancelRequested e) => session.Apply(e),
        (_, CancelRefused e) => session.Apply(e),
        (_, CancelDelivered e) => session.Apply(e),
        (_, CancelAcknowledged e) => session.Apply(e),
        (_, RunAborted e) => session.Apply(e),
        (_, ResultReported e) => session.Apply(e),
        (_, CancelExpired e) => session.Apply(e),
        (_, RunTimedOut e) => session.Apply(e),
        (_, RunRequeued e) => session.Apply(e),
        (_, RunLost e) => session.Apply(e),
        (_, LateReport e) => session.Apply(e),
        _ => throw new InvalidOperationException($"No rule for an event of type {data.GetType().Name}."),
    };

    /// <summary>A runner holds the run.</summary>
    public Session Apply(RunClaimed e) => ChangeOpen(e.SequenceId, run => run with
    {
        State = run.State is RunState.Queued ? RunState.Claimed : run.State,
        RunnerId = e.RunnerId,
        ClaimedAt = e.At,
        LeaseSeconds = e.LeaseSeconds,
    });

    /// <summary>The run is being executed.</summary>
    public Session Apply(RunStarted e) => ChangeOpen(e.SequenceId, run => run with
    {
        State = run.IsCancelling ? RunState.Cancelling : RunState.Running,
        StartedAt = e.At,
    });

    /// <summary>The targets are being cancelled; the same cancel once more is its escalation.</summary>
    public Session Apply(CancelRequested e)
    {
        var cancel = Cancels.GetValueOrDefault(e.CancelId) is { } known
            ? known with { Forced = known.Forced || e.Forced }
            : new Cancel(e.CancelId, e.Actor, e.Via, e.Cause, e.Reason, e.Forced, e.SupersededBy, e.At) { Skipped = e.Skipped };
        var runs = Runs.ToBuilder();
        foreach (var target in e.Targets)
        {
            if (index.TryGetValue(target, out var at) && runs[at] is { IsOpen: true } run)
            {
                runs[at] = run with
                {
                    State = RunState.Cancelling,
                    Cancel = run.Cancel is { } open ? open with { Forced = open.Forced || e.Forced } : new(e.CancelId, e.At, e.Forced),
                };
            }
        }

        return this with { Cancels = Cancels.SetItem(e.CancelId, cancel), Runs = runs.DrainToImmutable() };
    }

    /// <summary>Kept for the audit.</summary>
    public Session Apply(CancelRefused e) => this with { Refusals = Refusals.Add(e) };

    /// <summary>The first delivery counts.</summary>
    public Session Apply(CancelDelivered e) => ChangeCancel(e.SequenceId, e.CancelId, cancel => cancel with
    {
        DeliveredAt = cancel.DeliveredAt ?? e.At,
        Channel = cancel.Channel ?? e.Channel,
    });

    /// <summary>The first acknowledgement counts.</summary>
    public Session Apply(CancelAcknowledged e) =>
        ChangeCancel(e.SequenceId, e.CancelId, cancel => cancel with { AcknowledgedAt = cancel.AcknowledgedAt ?? e.At });

    /// <summary>Settles the run as cancelled, with proof.</summary>
    public Session Apply(RunAborted e) => Settle(e.SequenceId, RunState.Cancelled, e.At, run => run with
    {
        Cancel = run.Cancel is null ? null : run.Cancel with
        {
            StoppedAt = e.At,
            How = e.How,
            ExitCode = e.ExitCode,
            Signal = e.Signal,
            DurationMs = e.DurationMs,
            Evidence = e.Evidence,
        },
    });

    /// <summary>A failed try is kept; the final report settles the run, or, saying <c>isCancelled</c>, adds its details to an abort.</summary>
    public Session Apply(ResultReported e)
    {
        if (e.ResultType is ResultType.Attempt)
        {
            return ChangeOpen(e.SequenceId, run => run with { Attempts = run.Attempts.Add(e) }) is var changed && ReferenceEquals(changed, this)
                ? this
                : changed with { Tally = Tally with { Reported = true } };
        }

        return e.IsCancelled && FindRun(e.SequenceId) is { AwaitsAbortDetails: true }
            ? Change(e.SequenceId, run => run with { Final = e })
            : Settle(e.SequenceId, e.Verdict(), e.At, run => run with { Final = e });
    }

    /// <summary>Settles the run as cancelled, without proof.</summary>
    public Session Apply(CancelExpired e) => Settle(e.SequenceId, RunState.Cancelled, e.At, run => run with
    {
        Cancel = run.Cancel is null ? null : run.Cancel with { Expired = true },
    });

    /// <summary>Settles the run as timed out.</summary>
    public Session Apply(RunTimedOut e) => Settle(e.SequenceId, RunState.TimedOut, e.At, run => run);

    /// <summary>Nobody holds the run any more; whoever asks next may have it.</summary>
    public Session Apply(RunRequeued e) => ChangeOpen(e.SequenceId, run => run is { State: RunState.Claimed }
        ? run with { State = RunState.Queued, RunnerId = null, ClaimedAt = null, LeaseSeconds = 0, Requeues = run.Requeues + 1 }
        : run);

    /// <summary>Settles the run as lost.</summary>
    public Session Apply(RunLost e) => Settle(e.SequenceId, RunState.Lost, e.At, run => run);

    /// <summary>Kept, changes nothing else.</summary>
    public Session Apply(LateReport e) => Change(e.SequenceId, run => run with { LateReports = run.LateReports.Add(e) });

    private Session Settle(Guid sequenceId, RunState state, DateTimeOffset at, Func<Run, Run> change)
    {
        if (FindRun(sequenceId) is not { IsOpen: true })
        {
            return this;
        }

        var settled = Change(sequenceId, run => change(run with
        {
            State = state,
            SettledAt = at,
            Cancel = run.Cancel is null ? null : run.Cancel with { SettledAt = at },
        }));
        var tally = Tally.Settle(state);
        return settled with { Tally = tally, SettledAt = tally.Open == 0 ? at : null };
    }

    private Session ChangeCancel(Guid sequenceId, Guid cancelId, Func<RunCancel, RunCancel> change) =>
        ChangeOpen(sequenceId, run => run.Cancel?.CancelId == cancelId ? run with { Cancel = change(run.Cancel) } : run);

    private Session ChangeOpen(Guid sequenceId, Func<Run, Run> change) =>
        FindRun(sequenceId) is { IsOpen: true } ? Change(sequenceId, change) : this;

    private Session Change(Guid sequenceId, Func<Run, Run> change) =>
        index.TryGetValue(sequenceId, out var at) ? this with { Runs = Runs.SetItem(at, change(Runs[at])) } : this;
}
