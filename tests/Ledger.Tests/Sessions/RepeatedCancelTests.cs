using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

/// <summary>Asking twice is asking once (docs/domain.md#rule-5).</summary>
public sealed class RepeatedCancelTests
{
    private static readonly RequestCancel Again = Cancel() with { CancelId = SecondCancel };
    private static readonly RequestCancel ByBob = Again with { Actor = Bob, Reason = "me too" };

    [Fact]
    public void A_repeated_cancel_succeeds_with_the_open_one_and_appends_nothing() =>
        Given.Stream(Cancelling())
            .When(Again)
            .ThenNothing()
            .Answering(answer =>
            {
                answer.CancelId.ShouldBe(FirstCancel);
                answer.IsNew.ShouldBeFalse();
                answer.Targeted.ShouldBe([A]);
            });

    [Fact]
    public void Whoever_asks_second_changes_neither_the_requester_nor_the_reason() =>
        Given.Stream(Cancelling())
            .When(ByBob)
            .ThenNothing()
            .Leaving(session => session.Cancels.Values.ShouldHaveSingleItem().Actor.ShouldBe(Alice));

    [Fact]
    public void The_answer_to_a_repeat_names_the_targets_that_have_stopped_already() =>
        Given.Stream(Triggered(Plan(A), Plan(B), Plan(C, Api)), Claimed(B), Requested(A, B), NeverStarted(A))
            .When(Again)
            .ThenNothing()
            .Answering(answer =>
            {
                answer.Targeted.ShouldBe([A, B]);
                answer.Skipped.ShouldBe([new SkippedRun(C, SkipReason.NotCancellable)]);
            });

    [Fact]
    public void A_target_that_finished_in_spite_of_the_cancel_is_not_named_as_cancelled() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Requested(A, B), Passed(A)])
            .When(Again)
            .ThenNothing()
            .Answering(answer =>
            {
                answer.Targeted.ShouldBe([B]);
                answer.Skipped.ShouldBe([new SkippedRun(A, SkipReason.AlreadyFinished)]);
            });

    [Fact]
    public void A_forced_repeat_escalates_once_and_the_first_requester_stays() =>
        Given.Stream(Cancelling())
            .When(ByBob with { Force = true })
            .Then(Requested(A) with { Actor = Bob, Forced = true })
            .Answering(answer => answer.CancelId.ShouldBe(FirstCancel))
            .Leaving(A, run => run.Cancel!.Forced.ShouldBeTrue())
            .Leaving(session =>
            {
                var cancel = session.Cancels.Values.ShouldHaveSingleItem();
                (cancel.Actor, cancel.Reason, cancel.Forced, cancel.RequestedAt).ShouldBe((Alice, null, true, Before));
            });

    [Fact]
    public void A_cancel_that_is_forced_already_is_not_escalated_again() =>
        Given.Stream([.. Cancelling(), Escalated(A)]).When(Again with { Force = true }).ThenNothing();

    [Fact]
    public void Force_also_overtakes_a_runner_that_has_acknowledged() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)])
            .When(Again with { Force = true })
            .Then(Requested(A) with { Forced = true });

    [Fact]
    public void A_second_cancel_takes_what_the_first_left_and_repeats_the_rest() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Requested(A)])
            .When(Again)
            .Then(Requested(B) with { CancelId = SecondCancel })
            .Answering(answer =>
            {
                answer.IsNew.ShouldBeTrue();
                answer.Targeted.ShouldBe([B, A]);
            })
            .Leaving(A, run => run.Cancel!.CancelId.ShouldBe(FirstCancel));

    [Fact]
    public void A_forced_second_cancel_escalates_what_is_under_way() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Requested(A)])
            .When(Again with { Force = true })
            .Then(Requested(B) with { CancelId = SecondCancel, Forced = true }, Requested(A) with { Forced = true })
            .Leaving(session => session.Runs.ShouldAllBe(run => run.Cancel!.Forced));

    [Fact]
    public void Every_open_cancel_is_escalated_on_its_own() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Requested(A), Requested(B) with { CancelId = SecondCancel, Actor = Bob }])
            .When(Cancel() with { CancelId = Unknown, Force = true })
            .Then(
                Requested(A) with { Forced = true },
                Requested(B) with { CancelId = SecondCancel, Forced = true });
}
