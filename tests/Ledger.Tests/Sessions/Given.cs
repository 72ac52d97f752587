using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions;

/// <summary>A stream as it is found: <c>Given.Stream(events).When(command).Then(events)</c>.</summary>
internal sealed class Given
{
    private readonly Session session;

    private Given(Session session) => this.session = session;

    public static Given Stream(params IEnumerable<ISessionEvent> events) => new(Fold(events));

    public static Session Fold(params IEnumerable<ISessionEvent> events) =>
        events.Aggregate(default(Session), Session.Fold) ?? throw new ArgumentException("A stream has at least one event.", nameof(events));

    public Outcome<Run> When(ClaimRun command) => When((state, now) => ClaimRun.Decide(state, command, now));

    public Outcome<ReportAnswer> When(StartRun command) => When((state, now) => StartRun.Decide(state, command, now));

    public Outcome<ReportAnswer> When(Heartbeat command) => When((state, now) => Heartbeat.Decide(state, command, now));

    public Outcome<CancelAnswer> When(RequestCancel command, CancelPolicy? policy = null) =>
        When((state, now) => RequestCancel.Decide(state, command, policy ?? CancelPolicy.Default, now));

    public Outcome<Session> When(DeliverCancel command) => When((state, now) => DeliverCancel.Decide(state, command, now));

    public Outcome<ReportAnswer> When(AcknowledgeCancel command) => When((state, now) => AcknowledgeCancel.Decide(state, command, now));

    public Outcome<ReportAnswer> When(AbortRun command) => When((state, now) => AbortRun.Decide(state, command, now));

    public Outcome<ReportAnswer> When(ReportResult command) => When((state, now) => ReportResult.Decide(state, command, now));

    public Outcome<Session> When(ForceCancel command) => When((state, now) => ForceCancel.Decide(state, command, now));

    public Outcome<Session> When(ExpireCancel command) => When((state, now) => ExpireCancel.Decide(state, command, now));

    public Outcome<Session> When(TimeOutRun command) => When((state, now) => TimeOutRun.Decide(state, command, now));

    public Outcome<Session> When(LoseRun command) => When((state, now) => LoseRun.Decide(state, command, now));

    private Outcome<T> When<T>(Func<Session, DateTimeOffset, Decision<T>> decide)
        where T : class => new(session, decide(session, Checkout.Now));
}
