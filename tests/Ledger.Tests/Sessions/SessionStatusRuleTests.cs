using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

/// <summary>
/// How the status of a session is derived (docs/domain.md#rule-6), with the words and the precedence of docs/dialects/checkly.md#status.
/// </summary>
public sealed class SessionStatusRuleTests
{
    private static readonly RunState[] Terminal =
        [RunState.Cancelled, RunState.TimedOut, RunState.Lost, RunState.Failed, RunState.Degraded, RunState.Passed];

    private static readonly RunState[] Open = [RunState.Queued, RunState.Claimed, RunState.Running, RunState.Cancelling];

    [Theory]
    [InlineData(RunState.Cancelled, SessionStatus.Cancelled)]
    [InlineData(RunState.TimedOut, SessionStatus.TimedOut)]
    [InlineData(RunState.Lost, SessionStatus.TimedOut)]
    [InlineData(RunState.Failed, SessionStatus.Failed)]
    [InlineData(RunState.Degraded, SessionStatus.Degraded)]
    [InlineData(RunState.Passed, SessionStatus.Passed)]
    public void A_settled_session_reads_as_its_worst_run(RunState worst, SessionStatus expected)
    {
        foreach (var other in Terminal.SkipWhile(state => state != worst))
        {
            Derive(SessionKind.Check, other, worst).ShouldBe(expected, $"with a run that is {other}");
            Derive(SessionKind.Run, worst).ShouldBe(expected);
        }
    }

    [Theory]
    [InlineData(RunState.Cancelled, SessionStatus.Cancelled)]
    [InlineData(RunState.TimedOut, SessionStatus.Failed)]
    [InlineData(RunState.Lost, SessionStatus.Failed)]
    [InlineData(RunState.Failed, SessionStatus.Failed)]
    [InlineData(RunState.Degraded, SessionStatus.Passed)]
    [InlineData(RunState.Passed, SessionStatus.Passed)]
    public void A_settled_test_session_has_three_words(RunState worst, SessionStatus expected)
    {
        foreach (var other in Terminal.SkipWhile(state => state != worst))
        {
            Derive(SessionKind.Test, other, worst).ShouldBe(expected, $"with a run that is {other}");
        }
    }

    [Theory]
    [InlineData(RunState.Cancelled, SessionStatus.Progress)]
    [InlineData(RunState.TimedOut, SessionStatus.ProgressFailed)]
    [InlineData(RunState.Lost, SessionStatus.ProgressFailed)]
    [InlineData(RunState.Failed, SessionStatus.ProgressFailed)]
    [InlineData(RunState.Degraded, SessionStatus.ProgressDegraded)]
    [InlineData(RunState.Passed, SessionStatus.Progress)]
    public void An_open_session_tells_how_far_it_is(RunState settled, SessionStatus expected)
    {
        foreach (var open in Open)
        {
            Derive(SessionKind.Check, open, settled).ShouldBe(expected, $"with a run that is {open}");
            Derive(SessionKind.Test, open, settled).ShouldBe(SessionStatus.Running);
        }
    }

    [Fact]
    public void Before_any_result_a_session_has_started()
    {
        Derive(SessionKind.Check, Open).ShouldBe(SessionStatus.Started);
        Derive(SessionKind.Test, Open).ShouldBe(SessionStatus.Running);
    }

    [Fact]
    public void A_failure_outweighs_a_degraded_run_while_the_session_is_open() =>
        Derive(SessionKind.Check, RunState.Running, RunState.Degraded, RunState.Failed).ShouldBe(SessionStatus.ProgressFailed);

    [Fact]
    public void A_failed_try_is_a_result_but_no_failure() =>
        Given.Fold([.. Running(), Attempted(A)]).Status.ShouldBe(SessionStatus.Progress);

    [Fact]
    public void A_session_is_cancelled_only_once_the_other_runs_have_finished()
    {
        ISessionEvent[] stream =
            [.. Running(Plan(A), Plan(B, Api)), Requested(A), Aborted(A)];

        Given.Fold(stream).Status.ShouldBe(SessionStatus.Progress);
        Given.Fold([.. stream, Passed(B)]).Status.ShouldBe(SessionStatus.Cancelled);
    }

    [Fact]
    public void A_cancel_that_came_too_late_for_every_run_cancels_nothing() =>
        Given.Fold([.. Cancelling(), Passed(A)]).Status.ShouldBe(SessionStatus.Passed);

    [Fact]
    public void A_session_is_settled_when_its_last_run_is()
    {
        ISessionEvent[] stream = [.. Running(Plan(A), Plan(B)), Passed(A)];

        Given.Fold(stream).SettledAt.ShouldBeNull();
        var settled = Given.Fold([.. stream, Failed(B) with { At = Now }]);
        (settled.SettledAt, settled.OpenRuns, settled.IsOpen).ShouldBe((Now, 0, false));
    }

    private static SessionStatus Derive(SessionKind kind, params RunState[] states) =>
        SessionStatusRule.Derive(kind, RunTally.Of([.. states.Select(state => new Run(Plan(A), state))]));
}
