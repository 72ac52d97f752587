using Ledger.Sessions;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class AbortRunTests
{
    private static readonly AbortRun Command = Abort(Aborted(A));

    [Fact]
    public void A_stopped_run_is_cancelled_with_its_evidence() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)])
            .When(Command)
            .Then(Aborted(A))
            .Answering(answer => (answer.Run.State, answer.Late).ShouldBe((RunState.Cancelled, false)))
            .Leaving(A, run =>
            {
                run.SettledAt.ShouldBe(Now);
                run.Cancel.ShouldBe(new RunCancel(FirstCancel, Before, false)
                {
                    DeliveredAt = Before,
                    Channel = DeliveryChannel.Stream,
                    AcknowledgedAt = Before,
                    StoppedAt = Now,
                    SettledAt = Now,
                    How = AbortManner.Killed,
                    ExitCode = 137,
                    Signal = "SIGKILL",
                    DurationMs = 5012,
                    Evidence = new(0),
                });
            });

    [Fact]
    public void A_stop_proves_the_delivery_but_makes_up_no_acknowledgement() =>
        Given.Stream(Cancelling())
            .When(Command)
            .Then(Delivered(A), Aborted(A))
            .Leaving(A, run => run.Cancel!.AcknowledgedAt.ShouldBeNull());

    [Fact]
    public void An_abort_repeated_is_one_abort() =>
        Given.Stream([.. Cancelling(), Delivered(A), Aborted(A)])
            .When(Command)
            .ThenNothing()
            .Answering(answer => answer.Repeated.ShouldBeTrue());

    [Fact]
    public void An_abort_after_the_real_result_is_late() =>
        Given.Stream([.. Cancelling(), Failed(A)])
            .When(Command)
            .Then(LateAbort(Aborted(A)))
            .Answering(answer => answer.Late.ShouldBeTrue())
            .Leaving(A, run => (run.State, run.Cancel!.StoppedAt).ShouldBe((RunState.Failed, null)));

    [Fact]
    public void The_proof_that_comes_after_the_expiry_is_late() =>
        Given.Stream([.. Cancelling(), Expired(A)])
            .When(Command)
            .Then(LateAbort(Aborted(A)))
            .Leaving(A, run => (run.State, run.Cancel!.Expired).ShouldBe((RunState.Cancelled, true)));

    [Fact]
    public void A_late_abort_is_recorded_once() =>
        Given.Stream([.. Cancelling(), Expired(A), LateAbort(Aborted(A))]).When(Command with { ExitCode = 0 }).ThenNothing();

    [Fact]
    public void Nobody_aborts_what_nobody_asked_to_cancel() =>
        Given.Stream(Running()).When(Command).ThenRefused(RefusalKind.NoCancelRecorded);

    [Fact]
    public void Another_cancel_than_the_open_one_is_refused() =>
        Given.Stream(Cancelling()).When(Command with { CancelId = SecondCancel }).ThenRefused(RefusalKind.OtherCancel);

    [Fact]
    public void Only_the_holder_aborts() =>
        Given.Stream(Cancelling()).When(Command with { RunnerId = OtherRunner }).ThenRefused(RefusalKind.HeldByAnother);

    [Fact]
    public void A_run_that_nobody_claimed_has_no_one_to_abort_it() =>
        Given.Stream(Triggered()).When(Command).ThenRefused(RefusalKind.NotClaimed);

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Cancelling()).When(Command with { SequenceId = Unknown }).ThenRefused(RefusalKind.UnknownRun);
}
