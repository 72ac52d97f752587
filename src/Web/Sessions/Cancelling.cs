using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Streams;

namespace Ledger.Web.Sessions;

/// <summary>What is to be cancelled: a session, or some of its runs.</summary>
/// <param name="Session">The session as whoever asks sees it.</param>
/// <param name="SequenceIds">The runs; null for all of them.</param>
/// <param name="Force">Whether the runner is to kill at once.</param>
public sealed record CancelTarget(Session Session, IReadOnlyList<Guid>? SequenceIds = null, bool Force = false);

/// <summary>Why, as people enter it.</summary>
public sealed record CancelReason(string? Text, CancelCause Cause = CancelCause.User);

/// <summary>What a cancel would do, or did.</summary>
/// <param name="Target">What it is about.</param>
/// <param name="Targeted">How many runs are being cancelled by it, or by one before that it repeats.</param>
/// <param name="Skipped">Which are left alone, and why.</param>
/// <param name="Refusal">Why nothing is done; null when something is.</param>
public sealed record CancelOutcome(CancelTarget Target, int Targeted, IReadOnlyList<SkippedRun> Skipped, string? Refusal)
{
    /// <summary>Whether anything is being cancelled.</summary>
    public bool IsAccepted => Refusal is null;

    /// <summary>Why runs are left alone, each reason with its number.</summary>
    public string SkippedWords => string.Join(", ", Skipped.CountBy(run => run.Why).Select(entry => $"{entry.Value} {WordsOf(entry.Key)}"));

    /// <summary>Why nothing can be cancelled, in few words.</summary>
    public string WhyNot => Skipped.Count == 0 ? Refusal ?? "" : string.Join(", ", Skipped.Select(run => run.Why).Distinct().Select(WordsOf));

    private static string WordsOf(SkipReason why) => why switch
    {
        SkipReason.AlreadyFinished => "already finished",
        SkipReason.NotCancellable => "not cancellable",
        SkipReason.Scheduled => "started by a scheduler",
        SkipReason.Unknown => "unknown",
        _ => throw new ArgumentOutOfRangeException(nameof(why), why, "A reason without words."),
    };
}

/// <summary>Cancels from pages: the same decision as every interface's, with the audit saying <c>via</c> <c>ui</c>.</summary>
public sealed class Cancelling(SessionWriter sessions, CancelPolicy policy, TimeProvider clock)
{
    private const int AtOnce = 64;

    /// <summary>Whether a cancel of a run is worth offering: it is open, may be cancelled, and nobody has asked yet.</summary>
    public bool IsEligible(Session session, Run run) => run is { IsOpen: true, IsCancelling: false } && policy.WhyNot(session, run) is null;

    /// <summary>The same of any run of a session that a list shows.</summary>
    public bool IsEligible(SessionRow row) => row.OpenRuns.Any(group =>
        group.State is not RunState.Cancelling && policy.WhyNot(row.Summary.Kind, row.Summary.Source, group.CheckType, group.State) is null);

    /// <summary>What a cancel would do now; changes nothing.</summary>
    public CancelOutcome Preview(Caller caller, CancelTarget target)
    {
        var now = clock.GetUtcNow();
        return OutcomeOf(target, Decide(caller, target, new CancelReason(null), target.Session, now));
    }

    /// <summary>Cancels, each session by itself; one that fails leaves the others.</summary>
    public async Task<IReadOnlyList<CancelOutcome>> CancelAsync(Caller caller, IReadOnlyList<CancelTarget> targets, CancelReason reason)
    {
        var outcomes = new CancelOutcome[targets.Count];

        // It goes on when the page is left.
        await Parallel.ForAsync(0, targets.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (at, _) =>
        {
            var target = targets[at];
            var executed = await sessions.ExecuteAsync(
                caller, target.Session.Id, (session, now) => Decide(caller, target, reason, session, now), cancellation: CancellationToken.None);
            outcomes[at] = OutcomeOf(target, executed.Decision);
        });
        return outcomes;
    }

    private Decision<CancelAnswer> Decide(Caller caller, CancelTarget target, CancelReason reason, Session session, DateTimeOffset now) => RequestCancel.Decide(
        session,
        new RequestCancel(
            Guid.CreateVersion7(now),
            caller.Actor,
            CancelVia.Ui,
            reason.Cause,
            string.IsNullOrWhiteSpace(reason.Text) ? null : reason.Text.Trim(),
            target.Force,
            target.SequenceIds),
        policy,
        now);

    private CancelOutcome OutcomeOf(CancelTarget target, Decision<CancelAnswer> decision) => decision switch
    {
        { Answer: { } answer } => new(target, answer.Targeted.Count, answer.Skipped, null),
        { Refusal: { } refusal } => new(target, 0, SkippedOf(target), refusal.Message),
        _ => throw new InvalidOperationException("A decision without an outcome."),
    };

    private IReadOnlyList<SkippedRun> SkippedOf(CancelTarget target) =>
    [
        .. target.Session.Runs
            .Where(run => target.SequenceIds?.Contains(run.SequenceId) is not false)
            .Select(run => new SkippedRun(run.SequenceId, policy.WhyNot(target.Session, run) ?? SkipReason.AlreadyFinished)),
    ];
}
