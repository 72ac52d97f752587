using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Streams;

namespace Ledger.Web.Tests.Support;

/// <summary>A session whose life a test tells, step by step, decided by the domain; a second passes between two steps.</summary>
internal sealed class Life
{
    public const string Runner = "runner-1";

    private static readonly Actor Ada = new(ActorKind.User, "ada", "Ada Lovelace");

    private long version = 1;
    private DateTimeOffset now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    public Life(string name = "Checkout", params IReadOnlyList<string> checkTypes)
    {
        IReadOnlyList<string> types = checkTypes.Count > 0 ? checkTypes : [CheckTypes.Playwright];
        Session = Session.Create(TriggerSession.Decide(
            new TriggerSession(
                Guid.CreateVersion7(), Guid.NewGuid(), SessionKind.Test, null, name, SessionSource.TriggerApi, Ada, null, ConflictBehaviour.Queue, null,
                [.. types.Select((type, at) => new PlannedRun(Guid.CreateVersion7(), null, type, $"{name} {at + 1}", "local", null))]),
            now).Answer!);
    }

    public Session Session { get; private set; }

    public Run Run => Session.Runs[0];

    public SessionSnapshot Snapshot => new(Session, version, 1, version);

    public Life Claim(int at = 0) => Do((session, time) => ClaimRun.Decide(session, new ClaimRun(Id(at), Runner, 30), time).Events);

    public Life Start(int at = 0) => Do((session, time) => StartRun.Decide(session, new StartRun(Id(at), Runner), time).Events);

    public Life Pass(int at = 0) => Do((session, time) => ReportResult.Decide(
        session, new ReportResult(Guid.NewGuid(), Id(at), Runner, ResultType.Final, false, false, false, false, 900, null, null, null, null), time).Events);

    public Life Cancel(string? reason = null, bool force = false) => Do((session, time) => RequestCancel.Decide(
        session, new RequestCancel(Guid.CreateVersion7(), Ada, CancelVia.Ui, CancelCause.User, reason, force, null), CancelPolicy.Default, time).Events);

    public Life Deliver(int at = 0) => Do((session, time) => DeliverCancel.Decide(
        session, new DeliverCancel(Id(at), CancelOf(at), Runner, DeliveryChannel.Stream), time).Events);

    public Life Acknowledge(int at = 0) => Do((session, time) => AcknowledgeCancel.Decide(session, new AcknowledgeCancel(Id(at), CancelOf(at), Runner), time).Events);

    public Life Abort(AbortManner how, StopEvidence? evidence, int at = 0) => Do((session, time) => AbortRun.Decide(
        session, new AbortRun(Id(at), CancelOf(at), Runner, how, 130, "SIGINT", 40, evidence), time).Events);

    public Life Expire(int at = 0) => Do((session, time) => ExpireCancel.Decide(session, new ExpireCancel(Id(at), CancelOf(at)), time).Events);

    private Guid Id(int at) => Session.Runs[at].SequenceId;

    private Guid CancelOf(int at) => Session.Runs[at].Cancel!.CancelId;

    private Life Do(Func<Session, DateTimeOffset, IReadOnlyList<ISessionEvent>> decide)
    {
        now += TimeSpan.FromSeconds(1);
        var events = decide(Session, now);
        events.ShouldNotBeEmpty();
        foreach (var data in events)
        {
            Session = Session.Fold(Session, data);
            version++;
        }

        return this;
    }
}
