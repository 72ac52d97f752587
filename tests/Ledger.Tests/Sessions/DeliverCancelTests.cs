using Ledger.Sessions;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class DeliverCancelTests
{
    private static readonly DeliverCancel Command = new(A, FirstCancel, Runner, DeliveryChannel.Heartbeat);

    [Fact]
    public void The_first_delivery_is_a_fact() =>
        Given.Stream(Cancelling())
            .When(Command)
            .Then(Delivered(A, DeliveryChannel.Heartbeat))
            .Leaving(A, run =>
            {
                run.State.ShouldBe(RunState.Cancelling);
                (run.Cancel!.DeliveredAt, run.Cancel.Channel).ShouldBe((Now, DeliveryChannel.Heartbeat));
                run.Cancel.AcknowledgedAt.ShouldBeNull();
            });

    [Fact]
    public void The_signal_is_repeated_and_the_fact_is_not() =>
        Given.Stream([.. Cancelling(), Delivered(A)]).When(Command).ThenNothing();

    [Fact]
    public void Nothing_is_delivered_for_a_settled_run() =>
        Given.Stream([.. Cancelling(), Passed(A)]).When(Command).ThenNothing();

    [Fact]
    public void Nothing_is_delivered_for_a_run_that_nobody_cancelled() => Given.Stream(Running()).When(Command).ThenNothing();

    [Fact]
    public void Nothing_is_delivered_for_another_cancel_another_runner_or_another_run()
    {
        Given.Stream(Cancelling()).When(Command with { CancelId = SecondCancel }).ThenNothing();
        Given.Stream(Cancelling()).When(Command with { RunnerId = OtherRunner }).ThenNothing();
        Given.Stream(Cancelling()).When(Command with { SequenceId = Unknown }).ThenNothing();
    }
}
