using Ledger.Sessions;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class StartRunTests
{
    private static readonly StartRun Command = new(A, Runner);

    [Fact]
    public void A_claimed_run_starts() =>
        Given.Stream(Triggered(), Claimed(A))
            .When(Command)
            .Then(Started(A))
            .Answering(answer => answer.Run.State.ShouldBe(RunState.Running))
            .Leaving(A, run => run.StartedAt.ShouldBe(Now));

    [Fact]
    public void A_run_starts_once() =>
        Given.Stream(Running()).When(Command).ThenNothing().Answering(answer => answer.Repeated.ShouldBeTrue());

    [Fact]
    public void A_run_whose_cancel_is_open_does_not_start_and_the_answer_says_why() =>
        Given.Stream(Triggered(), Claimed(A), Requested(A))
            .When(Command)
            .ThenNothing()
            .Answering(answer => answer.Run.State.ShouldBe(RunState.Cancelling))
            .Leaving(A, run => run.StartedAt.ShouldBeNull());

    [Fact]
    public void A_start_after_the_end_is_late() =>
        Given.Stream(Triggered(), Claimed(A), Lost(A))
            .When(Command)
            .Then(LateStart(A))
            .Answering(answer => answer.Late.ShouldBeTrue())
            .Leaving(A, run => run.State.ShouldBe(RunState.Lost));

    [Fact]
    public void A_late_start_is_recorded_once() =>
        Given.Stream(Triggered(), Claimed(A), Lost(A), LateStart(A))
            .When(Command)
            .ThenNothing()
            .Answering(answer => (answer.Late, answer.Repeated).ShouldBe((true, true)));

    [Fact]
    public void Only_the_holder_starts_a_run() =>
        Given.Stream(Triggered(), Claimed(A)).When(Command with { RunnerId = OtherRunner }).ThenRefused(RefusalKind.HeldByAnother);

    [Fact]
    public void A_run_that_nobody_claimed_does_not_start() =>
        Given.Stream(Triggered()).When(Command).ThenRefused(RefusalKind.NotClaimed);

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Triggered()).When(Command with { SequenceId = Unknown }).ThenRefused(RefusalKind.UnknownRun);
}
