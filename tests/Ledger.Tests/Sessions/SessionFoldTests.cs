using System.Reflection;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class SessionFoldTests
{
    public static TheoryData<string> EventsAfterTheFirst => [.. EventRecords().Where(type => type != typeof(SessionTriggered)).Select(type => type.Name)];

    [Fact]
    public void A_session_begins_with_a_trigger()
    {
        var session = Session.Create(Triggered(Plan(A), Plan(B, Api)));

        (session.Id, session.AccountId, session.Kind, session.Name, session.Source, session.Actor)
            .ShouldBe((SessionId, Account, SessionKind.Check, "Checkout suite", SessionSource.TriggerApi, Alice));
        session.Runs.Select(run => run.SequenceId).ShouldBe([A, B]);
        session.FindRun(B)!.Plan.CheckType.ShouldBe(Api);
        session.FindRun(Unknown).ShouldBeNull();
    }

    [Fact]
    public void A_stream_without_a_trigger_or_with_two_is_none()
    {
        Should.Throw<InvalidOperationException>(() => Given.Fold(Started(A))).Message.ShouldContain("RunStarted");
        Should.Throw<InvalidOperationException>(() => Given.Fold(Triggered(), Triggered()));
    }

    /// <summary>So that Marten can aggregate the same streams with the same type (docs/domain.md#decision-model).</summary>
    [Theory]
    [MemberData(nameof(EventsAfterTheFirst))]
    public void Every_event_after_the_first_has_its_own_Apply(string name)
    {
        var record = EventRecords().Single(type => string.Equals(type.Name, name, StringComparison.Ordinal));

        var apply = typeof(Session).GetMethod("Apply", BindingFlags.Public | BindingFlags.Instance, [record]).ShouldNotBeNull();

        apply.GetParameters().ShouldHaveSingleItem().ParameterType.ShouldBe(record);
        apply.ReturnType.ShouldBe(typeof(Session));
    }

    [Fact]
    public void The_first_event_has_a_Create_and_no_Apply()
    {
        var create = typeof(Session).GetMethod("Create", BindingFlags.Public | BindingFlags.Static, [typeof(SessionTriggered)]);

        create.ShouldNotBeNull().ReturnType.ShouldBe(typeof(Session));
        typeof(Session).GetMethods().Where(method => method.Name is "Apply")
            .ShouldNotContain(method => method.GetParameters()[0].ParameterType == typeof(SessionTriggered));
    }

    /// <summary>Marten takes a public <c>Evolve</c> on an aggregate for the only way to fold it, and ignores Create and Apply.</summary>
    [Fact]
    public void Nothing_stands_in_the_way_of_Create_and_Apply() =>
        typeof(Session).GetMethods().ShouldNotContain(method => method.Name == "Evolve" || method.Name == "EvolveAsync");

    [Fact]
    public void Events_about_runs_that_do_not_exist_change_no_run()
    {
        var before = Given.Fold(Running());
        ISessionEvent[] strange =
        [
            Claimed(Unknown), Started(Unknown), Requested(Unknown), Delivered(Unknown), Acknowledged(Unknown), Aborted(Unknown),
            Passed(Unknown), Attempted(Unknown), Expired(Unknown), TimedOut(Unknown), Lost(Unknown), LateStart(Unknown),
        ];

        var after = strange.Aggregate(before, Session.Fold);

        after.Runs.ShouldBe(before.Runs);
        after.OpenRuns.ShouldBe(1);
    }

    [Fact]
    public void A_claim_out_of_order_takes_nothing_back()
    {
        Given.Fold([.. Running(), Claimed(A)]).FindRun(A)!.State.ShouldBe(RunState.Running);
        Given.Fold([.. Cancelling(), Claimed(A), Started(A)]).FindRun(A)!.State.ShouldBe(RunState.Cancelling);
    }

    [Fact]
    public void A_real_result_out_of_order_does_not_stand_in_for_the_details_of_an_abort() =>
        Given.Fold([.. Cancelling(), Aborted(A), Passed(A)]).FindRun(A)!.Final.ShouldBeNull();

    [Fact]
    public void The_first_delivery_and_the_first_acknowledgement_count()
    {
        var run = Given.Fold(
            [
                .. Cancelling(), Delivered(A), Acknowledged(A),
                Delivered(A, DeliveryChannel.Claim) with { At = Now }, Acknowledged(A) with { At = Now },
            ]).FindRun(A)!;

        (run.Cancel!.DeliveredAt, run.Cancel.Channel, run.Cancel.AcknowledgedAt).ShouldBe((Before, DeliveryChannel.Stream, Before));
    }

    [Fact]
    public void What_another_cancel_says_does_not_touch_the_open_one()
    {
        var run = Given.Fold(
            [
                .. Cancelling(), Delivered(A) with { CancelId = SecondCancel }, Acknowledged(A) with { CancelId = SecondCancel },
            ]).FindRun(A)!;

        (run.Cancel!.DeliveredAt, run.Cancel.AcknowledgedAt).ShouldBe((null, null));
    }

    private static IEnumerable<Type> EventRecords() =>
        typeof(ISessionEvent).Assembly.GetTypes().Where(type => type is { IsInterface: false } && type.IsAssignableTo(typeof(ISessionEvent)));
}
