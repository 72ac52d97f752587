using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

/// <summary>A request that can target nothing is refused and kept for the audit, once.</summary>
public sealed class RefusedCancelTests
{
    private static readonly RequestCancel Again = Cancel() with { CancelId = SecondCancel };
    private static readonly SkippedRun Finished = new(A, SkipReason.AlreadyFinished);
    private static readonly ISessionEvent[] OverBeforeAnyoneAsked = [.. Running(), Passed(A)];

    [Fact]
    public void A_finished_session_cannot_be_cancelled_and_the_attempt_is_kept() =>
        Given.Stream(OverBeforeAnyoneAsked)
            .When(Cancel() with { Reason = "too slow" })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(Finished) with { Reason = "too slow" });

    [Fact]
    public void A_scheduled_session_cannot_be_cancelled() =>
        Given.Stream(Triggered() with { Source = SessionSource.Scheduler })
            .When(Cancel())
            .ThenRefused(RefusalKind.NothingToCancel, Refused(new SkippedRun(A, SkipReason.Scheduled)));

    [Fact]
    public void Unknown_runs_alone_are_nothing_to_cancel() =>
        Given.Stream(Running())
            .When(Cancel(Unknown))
            .ThenRefused(RefusalKind.NothingToCancel, Refused(new SkippedRun(Unknown, SkipReason.Unknown)));

    [Fact]
    public void The_same_refusal_is_recorded_once() =>
        Given.Stream([.. OverBeforeAnyoneAsked, Refused(Finished)]).When(Again).ThenRefused(RefusalKind.NothingToCancel);

    [Fact]
    public void Another_requester_is_recorded_as_well() =>
        Given.Stream([.. OverBeforeAnyoneAsked, Refused(Finished)])
            .When(Again with { Actor = Bob })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(Finished) with { CancelId = SecondCancel, Actor = Bob });

    [Fact]
    public void Another_interface_or_cause_is_recorded_as_well()
    {
        var given = Given.Stream([.. OverBeforeAnyoneAsked, Refused(Finished)]);

        given.When(Again with { Via = CancelVia.Ui })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(Finished) with { CancelId = SecondCancel, Via = CancelVia.Ui });
        given.When(Again with { Cause = CancelCause.System })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(Finished) with { CancelId = SecondCancel, Cause = CancelCause.System });
    }

    [Fact]
    public void Repeating_ones_own_cancel_after_it_is_over_is_no_new_fact() =>
        Given.Stream(
                Triggered(Plan(A), Plan(B, Api)),
                Requested(A) with { Skipped = [new(B, SkipReason.NotCancellable)] },
                NeverStarted(A))
            .When(Again)
            .ThenRefused(RefusalKind.NothingToCancel);

    [Fact]
    public void Somebody_elses_cancel_does_not_hide_a_refused_attempt() =>
        Given.Stream(Triggered(), Requested(A), NeverStarted(A))
            .When(Again with { Actor = Bob })
            .ThenRefused(RefusalKind.NothingToCancel, Refused(Finished) with { CancelId = SecondCancel, Actor = Bob });

    [Fact]
    public void Asking_for_more_than_ones_own_cancel_covered_is_a_new_fact() =>
        Given.Stream(Triggered(Plan(A), Plan(B, Api)), Requested(A), NeverStarted(A))
            .When(Again)
            .ThenRefused(
                RefusalKind.NothingToCancel,
                Refused(Finished, new SkippedRun(B, SkipReason.NotCancellable)) with { CancelId = SecondCancel });

    [Fact]
    public void A_session_keeps_a_bounded_number_of_refusals()
    {
        var refusals = Enumerable.Range(1, Limits.RefusalsPerSession)
            .Select(n => Refused(new SkippedRun(new Guid(n, 0, 0, new byte[8]), SkipReason.Unknown)))
            .ToList();

        Given.Stream([.. Running(), .. refusals[1..]])
            .When(Cancel(Unknown))
            .ThenRefused(RefusalKind.NothingToCancel, Refused(new SkippedRun(Unknown, SkipReason.Unknown)));
        Given.Stream([.. Running(), .. refusals]).When(Cancel(Unknown)).ThenRefused(RefusalKind.NothingToCancel);
        Given.Stream([.. Running(), .. refusals]).When(Cancel()).Then(Requested(A));
    }

    [Fact]
    public void A_refusal_changes_no_run() =>
        Given.Stream(Running())
            .When(Cancel(Unknown))
            .Leaving(A, run => (run.State, run.Cancel).ShouldBe((RunState.Running, null)));
}
