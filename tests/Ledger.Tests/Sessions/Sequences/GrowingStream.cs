using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Tests.Sessions.Sequences;

/// <summary>One stream as it grows: decides each step on the present state, records the events and folds them one by one.</summary>
internal sealed class GrowingStream
{
    private readonly Story story;
    private readonly List<ISessionEvent> stream;
    private int clock;

    public GrowingStream(Story story)
    {
        this.story = story;
        var triggered = story.Triggered();
        stream = [triggered];
        Session = Session.Create(triggered);
    }

    public Session Session { get; private set; }

    public IReadOnlyList<ISessionEvent> Stream => stream;

    /// <summary>Decides and records a step; gives what was recorded.</summary>
    public IReadOnlyList<ISessionEvent> Do(Step step)
    {
        clock++;
        var events = Decide(step, Checkout.Before.AddSeconds(clock));
        foreach (var data in events)
        {
            stream.Add(data);
            Session = Session.Fold(Session, data);
        }

        return events;
    }

    /// <summary>Decides a step as it would be decided now, and records nothing.</summary>
    public IReadOnlyList<ISessionEvent> WouldDo(Step step) => Decide(step, Checkout.Before.AddSeconds(clock + 1));

    public Guid[] RunsOf(Step step) =>
        [.. Enumerable.Range(0, story.Types.Count).Where(at => (step.Runs & (1 << at)) != 0).Select(Story.RunId)];

    private IReadOnlyList<ISessionEvent> Decide(Step step, DateTimeOffset now)
    {
        var run = Session.FindRun(RunsOf(step) is [var first, ..] ? first : Story.RunId(0))!;
        var id = run.SequenceId;
        var cancelId = step.Choice is 9 ? Checkout.Unknown : run.Cancel?.CancelId ?? Checkout.FirstCancel;
        var holder = run.RunnerId ?? Checkout.Runner;
        return step.Kind switch
        {
            StepKind.Claim => ClaimRun.Decide(Session, new ClaimRun(id, Claimant(step), 30), now).Events,
            StepKind.Start => StartRun.Decide(Session, new StartRun(id, holder), now).Events,
            StepKind.Attempt => Report(Checkout.Attempted(id)),
            StepKind.Pass => Report(Checkout.Passed(id)),
            StepKind.Fail => Report(Checkout.Failed(id)),
            StepKind.Degrade => Report(Checkout.Degraded(id)),
            StepKind.ReportCancelled => Report(Checkout.ReportedCancelled(id)),
            StepKind.Cancel => Cancel(RunsOf(step) is { Length: > 0 } some ? some : [Checkout.Unknown], force: step.Choice is 8),
            StepKind.CancelAll => Cancel(null, force: false),
            StepKind.ForceAll => Cancel(null, force: true),
            StepKind.Deliver => DeliverCancel.Decide(
                Session, new DeliverCancel(id, cancelId, holder, (DeliveryChannel)(step.Choice % 3)), now).Events,
            StepKind.Heartbeat => Heartbeat.Decide(Session, new Heartbeat(id, holder), now).Events,
            StepKind.Acknowledge => AcknowledgeCancel.Decide(Session, new AcknowledgeCancel(id, cancelId, holder), now).Events,
            StepKind.Abort => AbortRun.Decide(
                Session, Checkout.Abort(Checkout.Aborted(id) with { CancelId = cancelId, RunnerId = holder }), now).Events,
            StepKind.Expire => ExpireCancel.Decide(Session, new ExpireCancel(id, cancelId), now).Events,
            StepKind.Force => ForceCancel.Decide(Session, new ForceCancel(id, cancelId), now).Events,
            StepKind.TimeOut => TimeOutRun.Decide(Session, new TimeOutRun(id), now).Events,
            StepKind.Lose => LoseRun.Decide(Session, new LoseRun(id, holder), now).Events,
            StepKind.Intrude => ReportResult.Decide(
                Session, Checkout.Report(Checkout.Failed(id) with { RunnerId = "an intruder" }), now).Events,
            _ => throw new ArgumentOutOfRangeException(nameof(step), step, "A step that nobody can take."),
        };

        // Three result ids for each run: the same report comes twice often enough.
        IReadOnlyList<ISessionEvent> Report(ResultReported result) => ReportResult.Decide(
            Session,
            Checkout.Report(result with { RunnerId = holder, ResultId = new Guid(step.Choice % 3, 0, 0, id.ToByteArray()[..8]) }),
            now).Events;

        IReadOnlyList<ISessionEvent> Cancel(Guid[]? runs, bool force) => RequestCancel.Decide(
            Session,
            Checkout.Cancel() with
            {
                CancelId = new Guid(stream.Count, 1, 1, new byte[8]),
                Actor = step.Choice < 5 ? Checkout.Alice : Checkout.Bob,
                SequenceIds = runs,
                Force = force,
            },
            story.Policy,
            now).Events;
    }

    private static string Claimant(Step step) => step.Choice is 0 ? Checkout.OtherRunner : Checkout.Runner;
}
