using System.Collections.Immutable;

namespace Ledger.Sessions;

/// <summary>Someone asks to cancel a session, or some of its runs.</summary>
/// <param name="CancelId">The id that the cancel gets if it is a new one.</param>
/// <param name="Actor">Who asks.</param>
/// <param name="Via">Through which interface.</param>
/// <param name="Cause">Why, as a class.</param>
/// <param name="Reason">Why, in words; at most <see cref="Limits.Reason"/> characters.</param>
/// <param name="Force">Whether the runner is to kill at once; on a cancel that is under way: whether to escalate it, once.</param>
/// <param name="SequenceIds">The runs, repeats collapse; null for the whole session.</param>
/// <param name="SupersededBy">The successor session, for <see cref="CancelCause.Superseded"/>.</param>
/// <param name="Origin">What the client said about itself.</param>
public sealed record RequestCancel(
    Guid CancelId,
    Actor Actor,
    CancelVia Via,
    CancelCause Cause,
    string? Reason,
    bool Force,
    IReadOnlyCollection<Guid>? SequenceIds,
    Guid? SupersededBy = null,
    IReadOnlyDictionary<string, string>? Origin = null)
{
    /// <summary>
    /// New targets make a new cancel; queued ones among them are settled in the same append, so they never start (docs/domain.md#rule-2).
    /// Runs that are being cancelled already make the request succeed without an event (docs/domain.md#rule-5), or with one escalation when
    /// it is forced. A request that finds neither is refused and kept for the audit, once for each requester, and not at all where it only
    /// repeats a cancel of theirs that is over.
    /// </summary>
    public static Decision<CancelAnswer> Decide(Session session, RequestCancel command, CancelPolicy policy, DateTimeOffset now)
    {
        if (Excess(command) is { } excess)
        {
            return Decision<CancelAnswer>.Refuse(excess);
        }

        var sorted = Sort(session, command, policy);
        if (sorted.Targets.Count > 0)
        {
            return Target(session, command, sorted, now);
        }

        return sorted.UnderWay.Count > 0
            ? Repeat(session, command, sorted, now)
            : RefuseOnce(session, command, sorted.Skipped, now);
    }

    private static Refusal? Excess(RequestCancel command) => command switch
    {
        { Reason.Length: > Limits.Reason } => new Refusal(RefusalKind.TooMuch, $"A reason has at most {Limits.Reason} characters."),
        { SequenceIds.Count: > Limits.Runs } => new Refusal(RefusalKind.TooMuch, $"A cancel names at most {Limits.Runs} runs."),
        _ => null,
    };

    private static IEnumerable<Guid> Asked(Session session, RequestCancel command) =>
        command.SequenceIds?.Distinct() ?? session.Runs.Select(run => run.SequenceId);

    private static Sorted Sort(Session session, RequestCancel command, CancelPolicy policy)
    {
        var sorted = new Sorted([], [], []);
        foreach (var id in Asked(session, command))
        {
            if (session.FindRun(id) is not { } run)
            {
                sorted.Skipped.Add(new SkippedRun(id, SkipReason.Unknown));
            }
            else if (run.IsCancelling)
            {
                sorted.UnderWay.Add(run);
            }
            else if (policy.WhyNot(session, run) is { } why)
            {
                sorted.Skipped.Add(new SkippedRun(id, why));
            }
            else
            {
                sorted.Targets.Add(run);
            }
        }

        return sorted;
    }

    private static Decision<CancelAnswer> Target(Session session, RequestCancel command, Sorted sorted, DateTimeOffset now)
    {
        var requested = new CancelRequested(
            command.CancelId,
            command.Actor,
            command.Via,
            command.Cause,
            command.Reason,
            command.Force,
            [.. sorted.Targets.Select(run => run.SequenceId)],
            sorted.Skipped,
            command.SupersededBy,
            command.Origin,
            now);
        var cancelled = session.Apply(requested);
        var neverStarted = sorted.Targets
            .Where(run => run.State is RunState.Queued)
            .Select(run => NeverStarted(cancelled, run.SequenceId, command.CancelId, now));
        var escalations = command.Force ? Escalate(session, command, sorted.UnderWay, now) : [];
        return Decision<CancelAnswer>.Accept(
            new CancelAnswer(
                command.CancelId, [.. requested.Targets, .. sorted.UnderWay.Select(run => run.SequenceId)], sorted.Skipped, IsNew: true),
            [requested, .. neverStarted, .. escalations]);
    }

    /// <summary>A queued run that is cancelled never starts (docs/domain.md#rule-2).</summary>
    /// <param name="cancelled">The session after the request.</param>
    /// <param name="sequenceId">The run.</param>
    /// <param name="cancelId">The cancel.</param>
    /// <param name="now">The time.</param>
    internal static RunAborted NeverStarted(Session cancelled, Guid sequenceId, Guid cancelId, DateTimeOffset now) => new(
        cancelId,
        sequenceId,
        cancelled.FactsOf(cancelled.FindRun(sequenceId)!),
        RunnerId: null,
        AbortManner.NeverStarted,
        ExitCode: null,
        Signal: null,
        DurationMs: null,
        Evidence: null,
        now);

    /// <summary>The answer that the open cancel got, its targets that have stopped meanwhile included.</summary>
    private static Decision<CancelAnswer> Repeat(Session session, RequestCancel command, Sorted sorted, DateTimeOffset now)
    {
        var open = sorted.UnderWay.Select(run => run.Cancel!.CancelId).ToHashSet();
        var targeted = Asked(session, command).Where(id => IsCancelledBy(session, id, open)).ToList();
        return Decision<CancelAnswer>.Accept(
            new CancelAnswer(
                sorted.UnderWay[0].Cancel!.CancelId,
                targeted,
                [.. sorted.Skipped.ExceptBy(targeted, run => run.SequenceId)],
                IsNew: false),
            command.Force ? Escalate(session, command, sorted.UnderWay, now) : []);
    }

    private static bool IsCancelledBy(Session session, Guid sequenceId, HashSet<Guid> cancels) =>
        session.FindRun(sequenceId) is { State: RunState.Cancelling or RunState.Cancelled, Cancel: { } cancel }
        && cancels.Contains(cancel.CancelId);

    private static ImmutableArray<ISessionEvent> Escalate(
        Session session, RequestCancel command, IEnumerable<Run> underWay, DateTimeOffset now) =>
        [
            .. underWay
                .Where(run => !run.Cancel!.Forced)
                .GroupBy(run => run.Cancel!.CancelId, run => run.SequenceId)
                .Select(runs => ForceCancel.Escalation(session.Cancels[runs.Key], command.Actor, command.Via, [.. runs], now)),
        ];

    private static Decision<CancelAnswer> RefuseOnce(
        Session session, RequestCancel command, IReadOnlyList<SkippedRun> skipped, DateTimeOffset now)
    {
        var refusal = new Refusal(RefusalKind.NothingToCancel, "Nothing of this can be cancelled, and nothing is being cancelled.");
        return IsRecorded(session, command, skipped) || session.Refusals.Count >= Limits.RefusalsPerSession
            ? Decision<CancelAnswer>.Refuse(refusal)
            : Decision<CancelAnswer>.Refuse(refusal, new CancelRefused(
                command.CancelId, command.Actor, command.Via, command.Cause, command.Reason, skipped, command.Origin, now));
    }

    /// <summary>Whether the audit has it already: as the same refusal, or as a cancel of the same requester that is over.</summary>
    private static bool IsRecorded(Session session, RequestCancel command, IReadOnlyList<SkippedRun> skipped)
    {
        if (session.Refusals.Exists(earlier =>
            earlier.Actor == command.Actor && earlier.Via == command.Via && earlier.Cause == command.Cause
            && earlier.Skipped.SequenceEqual(skipped)))
        {
            return true;
        }

        var own = session.Cancels.Values
            .Where(cancel => cancel.Actor == command.Actor && cancel.Via == command.Via && cancel.Cause == command.Cause)
            .ToDictionary(cancel => cancel.CancelId);
        var skippedThen = own.Values.SelectMany(cancel => cancel.Skipped).Select(run => run.SequenceId).ToHashSet();
        return own.Count > 0 && skipped.All(run =>
            skippedThen.Contains(run.SequenceId)
            || (session.FindRun(run.SequenceId)?.Cancel is { } cancel && own.ContainsKey(cancel.CancelId)));
    }

    private sealed record Sorted(List<Run> Targets, List<Run> UnderWay, List<SkippedRun> Skipped);
}

/// <summary>The answer to a request to cancel that was accepted.</summary>
/// <param name="CancelId">The new cancel, or the open one that the request repeats.</param>
/// <param name="Targeted">The runs that are being cancelled or have just been, by this or by the open cancel.</param>
/// <param name="Skipped">The runs that were left alone, each with why.</param>
/// <param name="IsNew">Whether this request made the cancel; false for a repeat.</param>
public sealed record CancelAnswer(Guid CancelId, IReadOnlyList<Guid> Targeted, IReadOnlyList<SkippedRun> Skipped, bool IsNew);
