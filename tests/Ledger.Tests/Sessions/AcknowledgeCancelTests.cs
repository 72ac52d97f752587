using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class AcknowledgeCancelTests
{
    private static readonly AcknowledgeCancel Command = new(A, FirstCancel, Runner);

    [Fact]
    public void A_runner_confirms_that_it_is_stopping_and_the_run_is_still_open() =>
        Given.Stream([.. Cancelling(), Delivered(A)])
            .When(Command)
            .Then(Acknowledged(A))
            .Answering(answer => (answer.Late, answer.Repeated).ShouldBe((false, false)))
            .Leaving(A, run =>
            {
                run.State.ShouldBe(RunState.Cancelling);
                run.Cancel!.AcknowledgedAt.ShouldBe(Now);
                run.Cancel.StoppedAt.ShouldBeNull();
            });

    [Fact]
    public void An_acknowledgement_proves_the_delivery_that_was_not_recorded() =>
        Given.Stream(Cancelling()).When(Command).Then(Delivered(A), Acknowledged(A));

    [Fact]
    public void A_second_acknowledgement_is_none() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A)])
            .When(Command)
            .ThenNothing()
            .Answering(answer => (answer.Late, answer.Repeated).ShouldBe((false, true)));

    [Fact]
    public void An_acknowledgement_repeated_after_the_end_is_no_new_fact() =>
        Given.Stream([.. Cancelling(), Delivered(A), Acknowledged(A), Aborted(A)])
            .When(Command)
            .ThenNothing()
            .Answering(answer => (answer.Late, answer.Repeated).ShouldBe((true, true)));

    [Fact]
    public void The_first_acknowledgement_after_the_end_is_late() =>
        Given.Stream([.. Cancelling(), Passed(A)])
            .When(Command)
            .Then(LateAcknowledgement(A))
            .Answering(answer => answer.Late.ShouldBeTrue())
            .Leaving(A, run => (run.State, run.Cancel!.AcknowledgedAt).ShouldBe((RunState.Passed, null)));

    [Fact]
    public void A_late_acknowledgement_is_recorded_once() =>
        Given.Stream([.. Cancelling(), Passed(A), LateAcknowledgement(A)]).When(Command).ThenNothing();

    [Fact]
    public void Nobody_acknowledges_what_nobody_asked_for() =>
        Given.Stream(Running()).When(Command).ThenRefused(RefusalKind.NoCancelRecorded);

    [Fact]
    public void Another_cancel_than_the_open_one_is_refused() =>
        Given.Stream(Cancelling()).When(Command with { CancelId = SecondCancel }).ThenRefused(RefusalKind.OtherCancel);

    [Fact]
    public void Only_the_holder_acknowledges() =>
        Given.Stream(Cancelling()).When(Command with { RunnerId = OtherRunner }).ThenRefused(RefusalKind.HeldByAnother);

    [Fact]
    public void A_run_that_nobody_claimed_has_no_one_to_acknowledge() =>
        Given.Stream(Triggered()).When(Command).ThenRefused(RefusalKind.NotClaimed);

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Cancelling()).When(Command with { SequenceId = Unknown }).ThenRefused(RefusalKind.UnknownRun);

    [Fact]
    public void Late_reports_have_a_limit()
    {
        var late = Enumerable.Range(1, Limits.ReportsPerRun - 1)
            .Select(n => LateResult(Failed(A) with { ResultId = new Guid(n, 0, 0, new byte[8]) }));

        Given.Stream([.. Cancelling(), Passed(A), .. (IEnumerable<ISessionEvent>)late])
            .When(Command)
            .ThenRefused(RefusalKind.TooMuch);
    }
}
