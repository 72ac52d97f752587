using Ledger.Sessions;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class ClaimRunTests
{
    private static readonly ClaimRun Command = new(A, Runner, 30);

    [Fact]
    public void A_runner_takes_a_queued_run() =>
        Given.Stream(Triggered())
            .When(Command)
            .Then(Claimed(A))
            .Answering(run => run.State.ShouldBe(RunState.Claimed))
            .Leaving(A, run =>
            {
                run.RunnerId.ShouldBe(Runner);
                run.LeaseSeconds.ShouldBe(30);
                run.ClaimedAt.ShouldBe(Now);
            });

    [Fact]
    public void The_same_runner_claiming_again_holds_the_run_still() =>
        Given.Stream(Triggered(), Claimed(A)).When(Command).ThenNothing().Answering(run => run.RunnerId.ShouldBe(Runner));

    [Fact]
    public void The_same_runner_claiming_again_holds_also_what_is_being_cancelled_so_that_it_can_say_that_it_never_began() =>
        Given.Stream(Triggered(), Claimed(A), Requested(A)).When(Command).ThenNothing().Answering(run => run.IsCancelling.ShouldBeTrue());

    [Fact]
    public void A_run_that_another_runner_holds_is_not_waiting() =>
        Given.Stream(Triggered(), Claimed(A)).When(Command with { RunnerId = OtherRunner }).ThenRefused(RefusalKind.NotQueued);

    [Fact]
    public void A_started_run_is_not_waiting_even_for_its_own_runner() =>
        Given.Stream(Running()).When(Command).ThenRefused(RefusalKind.NotQueued);

    [Fact]
    public void A_run_that_was_cancelled_in_the_queue_is_never_claimed() =>
        Given.Stream(Triggered(), Requested(A), NeverStarted(A)).When(Command).ThenRefused(RefusalKind.NotQueued);

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Triggered()).When(Command with { SequenceId = Unknown }).ThenRefused(RefusalKind.UnknownRun);
}
