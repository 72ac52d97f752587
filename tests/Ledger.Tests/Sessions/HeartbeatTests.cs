using Ledger.Sessions;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class HeartbeatTests
{
    private static readonly Heartbeat Command = new(A, Runner);

    [Fact]
    public void A_heartbeat_is_no_event() =>
        Given.Stream(Running()).When(Command).ThenNothing().Answering(answer => answer.Run.State.ShouldBe(RunState.Running));

    [Fact]
    public void The_first_heartbeat_after_a_cancel_delivers_it() =>
        Given.Stream(Cancelling())
            .When(Command)
            .Then(Delivered(A, DeliveryChannel.Heartbeat))
            .Answering(answer => answer.Run.Cancel!.DeliveredAt.ShouldBe(Now));

    [Fact]
    public void A_cancel_that_was_delivered_is_repeated_without_a_record() =>
        Given.Stream([.. Cancelling(), Delivered(A)])
            .When(Command)
            .ThenNothing()
            .Answering(answer => answer.Run.IsCancelling.ShouldBeTrue());

    [Fact]
    public void A_heartbeat_after_the_end_is_late_and_leaves_no_record() =>
        Given.Stream([.. Cancelling(), Expired(A)]).When(Command).ThenNothing().Answering(answer => answer.Late.ShouldBeTrue());

    [Fact]
    public void Only_the_holder_is_heard()
    {
        Given.Stream(Running()).When(Command with { RunnerId = OtherRunner }).ThenRefused(RefusalKind.HeldByAnother);
        Given.Stream(Triggered()).When(Command).ThenRefused(RefusalKind.NotClaimed);
    }

    [Fact]
    public void A_run_that_does_not_exist_is_unknown() =>
        Given.Stream(Running()).When(Command with { SequenceId = Unknown }).ThenRefused(RefusalKind.UnknownRun);
}
