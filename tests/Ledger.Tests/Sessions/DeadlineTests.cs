using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

/// <summary>What the ledger does by itself when time passes: force, expire, time out, lose (docs/domain.md#rule-8).</summary>
public sealed class DeadlineTests
{
    private static readonly ForceCancel Force = new(A, FirstCancel);
    private static readonly ExpireCancel Expire = new(A, FirstCancel);
    private static readonly TimeOutRun TimeOut = new(A);
    private static readonly LoseRun Lose = new(A, Runner);

    [Fact]
    public void A_cancel_that_nobody_acknowledged_is_forced() =>
        Given.Stream([.. Cancelling(), Delivered(A)])
            .When(Force)
            .Then(Escalated(A))
            .Leaving(A, run => (run.State, run.Cancel!.Forced).ShouldBe((RunState.Cancelling, true)))
            .Leaving(session => session.Cancels[FirstCancel].Actor.ShouldBe(Alice));

    [Fact]
    public void The_escalation_repeats_the_reason_and_the_cause_of_the_request() =>
        Given.Stream([.. Running(), Requested(A) with { Cause = CancelCause.FailFast, Reason = "login failed" }])
            .When(Force)
            .Then(Escalated(A) with { Cause = CancelCause.FailFast, Reason = "login failed" });

    [Fact]
    public void A_cancel_is_forced_once() => Given.Stream([.. Cancelling(), Escalated(A)]).When(Force).ThenNothing();

    [Fact]
    public void A_cancel_that_began_forced_needs_no_escalation() =>
        Given.Stream([.. Running(), Requested(A) with { Forced = true }]).When(Force).ThenNothing();

    [Fact]
    public void An_acknowledged_cancel_is_not_forced() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)]).When(Force).ThenNothing();

    [Fact]
    public void Only_the_run_that_is_overdue_is_forced() =>
        Given.Stream([.. Running(Plan(A), Plan(B)), Requested(A, B)])
            .When(Force)
            .Then(Escalated(A))
            .Leaving(B, run => run.Cancel!.Forced.ShouldBeFalse());

    [Fact]
    public void A_cancel_whose_deadline_passed_settles_the_run_without_proof() =>
        Given.Stream(Cancelling())
            .When(Expire)
            .Then(Expired(A))
            .Leaving(A, run =>
            {
                (run.State, run.SettledAt).ShouldBe((RunState.Cancelled, Now));
                (run.Cancel!.Expired, run.Cancel.StoppedAt, run.Cancel.Evidence).ShouldBe((true, null, null));
            });

    [Fact]
    public void Even_an_acknowledged_cancel_expires() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)]).When(Expire).Then(Expired(A));

    [Fact]
    public void A_running_run_over_its_limit_times_out() =>
        Given.Stream(Running()).When(TimeOut).Then(TimedOut(A)).Leaving(A, run => run.State.ShouldBe(RunState.TimedOut));

    [Fact]
    public void A_run_without_a_limit_does_not_time_out() =>
        Given.Stream(Running(Plan(A) with { TimeoutSeconds = null })).When(TimeOut).ThenNothing();

    [Fact]
    public void A_run_that_has_not_started_does_not_time_out()
    {
        Given.Stream(Triggered()).When(TimeOut).ThenNothing();
        Given.Stream(Triggered(), Claimed(A)).When(TimeOut).ThenNothing();
    }

    [Fact]
    public void A_runner_that_vanished_loses_what_it_had_begun()
    {
        Given.Stream(Running()).When(Lose).Then(Lost(A)).Leaving(A, run => run.State.ShouldBe(RunState.Lost));
        Given.Stream(Triggered(), Claimed(A), Attempted(A)).When(Lose).Then(Lost(A));
    }

    [Fact]
    public void What_was_claimed_and_never_begun_is_queued_again_as_if_nobody_had_claimed_it() =>
        Given.Stream(Triggered(), Claimed(A))
            .When(Lose)
            .Then(Requeued(A))
            .Leaving(A, run =>
            {
                (run.State, run.IsOpen, run.SettledAt).ShouldBe((RunState.Queued, true, null));
                (run.RunnerId, run.ClaimedAt, run.LeaseSeconds).ShouldBe((null, null, 0));
            });

    [Fact]
    public void What_is_queued_again_may_be_claimed_by_anyone() =>
        Given.Stream(Triggered(), Claimed(A), Requeued(A))
            .When(new ClaimRun(A, OtherRunner, 30))
            .Then(Claimed(A) with { RunnerId = OtherRunner })
            .Leaving(A, run => run.RunnerId.ShouldBe(OtherRunner));

    [Fact]
    public void A_runner_that_comes_back_after_its_run_was_queued_again_does_not_start_it() =>
        Given.Stream(Triggered(), Claimed(A), Requeued(A)).When(new StartRun(A, Runner)).ThenRefused(RefusalKind.NotClaimed);

    [Fact]
    public void A_run_at_which_every_runner_breaks_before_it_begins_is_lost_after_some_times_and_says_why()
    {
        var again = Enumerable.Repeat((Claimed(A), Requeued(A)), LoseRun.DefaultRequeues).SelectMany(time => (ISessionEvent[])[time.Item1, time.Item2]);

        Given.Stream([Triggered(), .. again, Claimed(A)])
            .When(Lose)
            .Then(Lost(A) with { Reason = "claims that never began: 6" })
            .Leaving(A, run => run.State.ShouldBe(RunState.Lost));
        Given.Stream([Triggered(), .. again.Skip(2), Claimed(A)]).When(Lose).Then(Requeued(A));
        Given.Stream(Triggered(), Claimed(A)).When(Lose with { MostRequeues = 0 }).Then(Lost(A) with { Reason = "claims that never began: 1" });
    }

    [Fact]
    public void A_runner_does_not_lose_what_it_does_not_hold()
    {
        Given.Stream(Triggered()).When(Lose).ThenNothing();
        Given.Stream(Running()).When(Lose with { RunnerId = OtherRunner }).ThenNothing();
    }

    [Fact]
    public void While_a_cancel_is_open_its_own_deadlines_decide()
    {
        Given.Stream(Cancelling()).When(TimeOut).ThenNothing();
        Given.Stream(Cancelling()).When(Lose).ThenNothing();
    }

    [Fact]
    public void Deadlines_of_another_cancel_or_run_do_nothing()
    {
        Given.Stream(Cancelling()).When(Force with { CancelId = SecondCancel }).ThenNothing();
        Given.Stream(Cancelling()).When(Force with { SequenceId = Unknown }).ThenNothing();
        Given.Stream(Cancelling()).When(Expire with { CancelId = SecondCancel }).ThenNothing();
        Given.Stream(Cancelling()).When(Expire with { SequenceId = Unknown }).ThenNothing();
        Given.Stream(Running()).When(TimeOut with { SequenceId = Unknown }).ThenNothing();
        Given.Stream(Running()).When(Lose with { SequenceId = Unknown }).ThenNothing();
    }

    [Fact]
    public void Without_a_cancel_there_is_nothing_to_force_or_to_expire()
    {
        Given.Stream(Running()).When(Force).ThenNothing();
        Given.Stream(Running()).When(Expire).ThenNothing();
    }
}
