using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class CancelPolicyTests
{
    private static readonly CancelPolicy OnlyQueued = CancelPolicy.Default with { OnlyQueued = true };

    public static TheoryData<string> KnownTypes => [.. CheckTypes.Known];

    [Theory]
    [MemberData(nameof(KnownTypes))]
    public void By_default_only_Playwright_is_cancellable(string type) =>
        WhyNot(CancelPolicy.Default, Triggered(Plan(A, type)))
            .ShouldBe(string.Equals(type, "PLAYWRIGHT", StringComparison.Ordinal) ? null : SkipReason.NotCancellable);

    [Fact]
    public void The_setting_decides_which_types_are_cancellable()
    {
        WhyNot(Types("AGENTIC"), Triggered(Plan(A, "AGENTIC"))).ShouldBeNull();
        WhyNot(Types("AGENTIC"), Triggered()).ShouldBe(SkipReason.NotCancellable);
    }

    [Fact]
    public void Test_sessions_follow_the_same_setting()
    {
        WhyNot(CancelPolicy.Default, Triggered() with { Kind = SessionKind.Test }).ShouldBeNull();
        WhyNot(CancelPolicy.Default, Triggered(Plan(A, Api)) with { Kind = SessionKind.Test }).ShouldBe(SkipReason.NotCancellable);
    }

    [Theory]
    [InlineData(SessionKind.Check)]
    [InlineData(SessionKind.Test)]
    [InlineData(SessionKind.Run)]
    public void What_a_scheduler_started_is_never_cancellable(SessionKind kind) =>
        WhyNot(CancelPolicy.Default, Triggered() with { Kind = kind, Source = SessionSource.Scheduler }).ShouldBe(SkipReason.Scheduled);

    [Fact]
    public void Every_other_source_is_cancellable() =>
        Enum.GetValues<SessionSource>().Except([SessionSource.Scheduler])
            .Select(source => WhyNot(CancelPolicy.Default, Triggered() with { Source = source }))
            .ShouldAllBe(why => why == null);

    [Fact]
    public void A_plain_run_is_cancellable_whatever_its_type_and_in_any_open_state()
    {
        WhyNot(CancelPolicy.Default, PlainRun()).ShouldBeNull();
        WhyNot(CancelPolicy.Default, PlainRun(), Claimed(A)).ShouldBeNull();
        WhyNot(CancelPolicy.Default, PlainRun(), Claimed(A), Started(A)).ShouldBeNull();
    }

    [Fact]
    public void The_older_contract_cancels_a_plain_run_only_in_the_queue()
    {
        WhyNot(OnlyQueued, PlainRun()).ShouldBeNull();
        WhyNot(OnlyQueued, PlainRun(), Claimed(A)).ShouldBe(SkipReason.NotCancellable);
        WhyNot(OnlyQueued, PlainRun(), Claimed(A), Started(A)).ShouldBe(SkipReason.NotCancellable);
    }

    [Fact]
    public void The_older_contract_says_nothing_about_other_sessions() => WhyNot(OnlyQueued, Running()).ShouldBeNull();

    [Fact]
    public void A_settled_run_is_finished_before_it_is_anything_else()
    {
        WhyNot(CancelPolicy.Default, Triggered() with { Source = SessionSource.Scheduler }, Claimed(A), Passed(A))
            .ShouldBe(SkipReason.AlreadyFinished);
        WhyNot(CancelPolicy.Default, Triggered(Plan(A, Api)), Claimed(A), Passed(A)).ShouldBe(SkipReason.AlreadyFinished);
    }

    private static SkipReason? WhyNot(CancelPolicy policy, params ISessionEvent[] events)
    {
        var session = Given.Fold(events);
        return policy.WhyNot(session, session.FindRun(A)!);
    }
}
