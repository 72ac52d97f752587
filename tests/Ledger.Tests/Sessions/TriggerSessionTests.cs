using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

public sealed class TriggerSessionTests
{
    private static readonly TriggerSession Command = new(
        SessionId,
        Account,
        SessionKind.Test,
        "shop",
        "Nightly",
        SessionSource.TestRecord,
        Bob,
        "main",
        ConflictBehaviour.CancelPrevious,
        null,
        [Plan(A), Plan(B, Api)]);

    [Fact]
    public void A_trigger_records_everything_that_was_asked_for()
    {
        var triggered = Accepted(Command);

        triggered.ShouldBe(new SessionTriggered(
            SessionId,
            Account,
            SessionKind.Test,
            "shop",
            "Nightly",
            SessionSource.TestRecord,
            Bob,
            "main",
            ConflictBehaviour.CancelPrevious,
            null,
            Command.Runs,
            Now));
    }

    [Fact]
    public void A_new_session_waits_for_runners_with_all_of_its_runs()
    {
        var session = Session.Create(Accepted(Command));

        session.Runs.ShouldAllBe(run => run.State == RunState.Queued);
        session.OpenRuns.ShouldBe(2);
        session.TriggeredAt.ShouldBe(Now);
        session.SettledAt.ShouldBeNull();
    }

    [Fact]
    public void A_session_without_runs_is_malformed() => Refused(Command with { Runs = [] }, RefusalKind.Malformed);

    [Fact]
    public void A_session_of_kind_run_has_exactly_one_run()
    {
        Refused(Command with { Kind = SessionKind.Run }, RefusalKind.Malformed);
        Accepted(Command with { Kind = SessionKind.Run, Runs = [Plan(A)] }).Runs.Count.ShouldBe(1);
    }

    [Fact]
    public void Two_runs_with_one_sequence_id_are_malformed() =>
        Refused(Command with { Runs = [Plan(A), Plan(A, Api)] }, RefusalKind.Malformed);

    [Fact]
    public void A_check_type_that_nobody_knows_is_malformed() =>
        Refused(Command with { Runs = [Plan(A, "playwright")] }, RefusalKind.Malformed);

    [Fact]
    public void Ten_thousand_runs_are_a_session_and_one_more_is_too_much()
    {
        var runs = Enumerable.Range(1, Limits.Runs + 1).Select(n => Plan(new Guid(n, 0, 0, new byte[8]))).ToList();

        Accepted(Command with { Runs = runs[1..] }).Runs.Count.ShouldBe(Limits.Runs);
        Refused(Command with { Runs = runs }, RefusalKind.TooMuch);
    }

    [Fact]
    public void Names_have_a_limit_wherever_callers_choose_them()
    {
        var longest = new string('n', Limits.Name);
        var tooLong = longest + "n";

        Accepted(Command with { Name = longest, Project = longest, ConcurrencyGroup = longest });
        Refused(Command with { Name = tooLong }, RefusalKind.TooMuch);
        Refused(Command with { Project = tooLong }, RefusalKind.TooMuch);
        Refused(Command with { ConcurrencyGroup = tooLong }, RefusalKind.TooMuch);
        Refused(Command with { Runs = [Plan(A) with { Name = tooLong }] }, RefusalKind.TooMuch);
        Refused(Command with { Runs = [Plan(A) with { Location = tooLong }] }, RefusalKind.TooMuch);
    }

    private static SessionTriggered Accepted(TriggerSession command)
    {
        var decision = TriggerSession.Decide(command, Now);
        decision.Refusal.ShouldBeNull();
        decision.Events.ShouldHaveSingleItem().ShouldBe(decision.Answer);
        return decision.Answer!;
    }

    private static void Refused(TriggerSession command, RefusalKind kind)
    {
        var decision = TriggerSession.Decide(command, Now);
        decision.Refusal.ShouldNotBeNull().Kind.ShouldBe(kind);
        decision.Events.ShouldBeEmpty();
    }
}
