using Ledger.Sessions;
using Ledger.Sessions.Events;
using static Ledger.Tests.Sessions.Checkout;

namespace Ledger.Tests.Sessions;

/// <summary>Each terminal fact first, everything else after it (docs/domain.md#rule-3).</summary>
public sealed class FirstTerminalFactTests
{
    private static readonly Dictionary<string, (RunState State, ISessionEvent[] Stream)> Firsts = new(StringComparer.Ordinal)
    {
        ["passed"] = (RunState.Passed, [.. Running(), Passed(A)]),
        ["failed"] = (RunState.Failed, [.. Running(), Failed(A)]),
        ["degraded"] = (RunState.Degraded, [.. Running(), Degraded(A)]),
        ["passed while being cancelled"] = (RunState.Passed, [.. Cancelling(), Passed(A)]),
        ["reported as cancelled"] = (RunState.Cancelled, [.. Cancelling(), ReportedCancelled(A)]),
        ["aborted"] = (RunState.Cancelled, [.. Cancelling(), Aborted(A)]),
        ["never started"] = (RunState.Cancelled, [Triggered(), Requested(A), NeverStarted(A)]),
        ["expired"] = (RunState.Cancelled, [.. Cancelling(), Expired(A)]),
        ["timed out"] = (RunState.TimedOut, [.. Running(), TimedOut(A)]),
        ["lost"] = (RunState.Lost, [.. Running(), Lost(A)]),
    };

    private static readonly Dictionary<string, Func<Session, IReadOnlyList<ISessionEvent>>> Laters = new(StringComparer.Ordinal)
    {
        ["start"] = session => StartRun.Decide(session, new StartRun(A, Runner), Now).Events,
        ["claim"] = session => ClaimRun.Decide(session, new ClaimRun(A, Runner, 30), Now).Events,
        ["attempt"] = session => Reported(session, Attempted(A)),
        ["pass"] = session => Reported(session, Passed(A) with { ResultId = SecondResult }),
        ["failure"] = session => Reported(session, Failed(A) with { ResultId = SecondResult }),
        ["cancelled result"] = session => Reported(session, ReportedCancelled(A) with { ResultId = SecondResult }),
        ["cancel"] = session => RequestCancel.Decide(session, Cancel(), CancelPolicy.Default, Now).Events,
        ["forced cancel"] = session => RequestCancel.Decide(session, Cancel() with { Force = true }, CancelPolicy.Default, Now).Events,
        ["delivery"] = session =>
            DeliverCancel.Decide(session, new DeliverCancel(A, FirstCancel, Runner, DeliveryChannel.Claim), Now).Events,
        ["acknowledgement"] = session => AcknowledgeCancel.Decide(session, new AcknowledgeCancel(A, FirstCancel, Runner), Now).Events,
        ["abort"] = session => AbortRun.Decide(session, Abort(Aborted(A)), Now).Events,
        ["force"] = session => ForceCancel.Decide(session, new ForceCancel(A, FirstCancel), Now).Events,
        ["expiry"] = session => ExpireCancel.Decide(session, new ExpireCancel(A, FirstCancel), Now).Events,
        ["time-out"] = session => TimeOutRun.Decide(session, new TimeOutRun(A), Now).Events,
        ["loss"] = session => LoseRun.Decide(session, new LoseRun(A, Runner), Now).Events,
    };

    public static TheoryData<string, string> EveryOrder()
    {
        var orders = new TheoryData<string, string>();
        foreach (var first in Firsts.Keys)
        {
            foreach (var later in Laters.Keys)
            {
                orders.Add(first, later);
            }
        }

        return orders;
    }

    [Theory]
    [MemberData(nameof(EveryOrder))]
    public void Whatever_comes_later_changes_nothing(string first, string later)
    {
        var (state, stream) = Firsts[first];
        var settled = Given.Fold(stream);
        settled.FindRun(A)!.State.ShouldBe(state);

        var events = Laters[later](settled);

        var run = events.Aggregate(settled, Session.Fold).FindRun(A)!;
        (run.State, run.SettledAt, run.Cancel).ShouldBe((state, Before, settled.FindRun(A)!.Cancel));
        events.ShouldAllBe(e => e is LateReport || e is CancelRefused || (e is ResultReported && AddsDetails(first, later)));
        events.OfType<ResultReported>().ShouldAllBe(e => !e.Settles);
    }

    [Theory]
    [InlineData("aborted", "cancelled result")]
    [InlineData("never started", "cancelled result")]
    public void The_one_exception_is_the_cancelled_result_after_an_abort(string first, string later) =>
        Laters[later](Given.Fold(Firsts[first].Stream)).ShouldHaveSingleItem().ShouldBeOfType<ResultReported>();

    private static bool AddsDetails(string first, string later) =>
        first is "aborted" or "never started" && later is "cancelled result";

    private static IReadOnlyList<ISessionEvent> Reported(Session session, ResultReported result) =>
        ReportResult.Decide(session, Report(result), Now).Events;
}
