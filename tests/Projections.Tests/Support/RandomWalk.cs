using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Projections.Tests.Support;

/// <summary>Takes sessions through arbitrary lives, as the domain allows: each step is some command on some run, whatever comes of it.</summary>
internal sealed class RandomWalk(int seed)
{
    /// <summary>Who claims all runs.</summary>
    public const string Runner = "runner-1";

    private readonly Random random = new(seed);

    public TriggerSession Trigger(Guid account) => Some.Session(
        account,
        (SessionKind)random.Next(2),
        runs: random.Next(1, 5),
        checkType: random.Next(5) == 0 ? "API" : CheckTypes.Playwright,
        timeoutSeconds: random.Next(2) == 0 ? 60 : null)
        .InGroup($"group-{random.Next(20)}");

    public IReadOnlyList<ISessionEvent> Step(Session session, DateTimeOffset now)
    {
        var run = session.Runs[random.Next(session.Runs.Length)];
        var id = run.SequenceId;
        var cancelId = run.Cancel?.CancelId ?? Guid.NewGuid();
        return random.Next(13) switch
        {
            0 or 1 => ClaimRun.Decide(session, new ClaimRun(id, Runner, 30), now).Events,
            2 or 3 => StartRun.Decide(session, new StartRun(id, Runner), now).Events,
            4 => RequestCancel.Decide(session, Some.Cancel(Flip() ? [id] : null, force: Flip()), CancelPolicy.Default, now).Events,
            5 => DeliverCancel.Decide(session, new DeliverCancel(id, cancelId, Runner, DeliveryChannel.Stream), now).Events,
            6 => AcknowledgeCancel.Decide(session, new AcknowledgeCancel(id, cancelId, Runner), now).Events,
            7 => AbortRun.Decide(
                session, new AbortRun(id, cancelId, Runner, AbortManner.Killed, null, "SIGKILL", 10, new StopEvidence(0)), now).Events,
            8 => ReportResult.Decide(session, Some.Result(id, Runner, ResultType.Attempt, hasFailures: true), now).Events,
            9 => ReportResult.Decide(session, Some.Result(id, Runner, ResultType.Final, Flip(), Flip(), isCancelled: Flip()), now).Events,
            10 => Flip() ? LoseRun.Decide(session, new LoseRun(id, Runner), now).Events : [],
            11 => TimeOutRun.Decide(session, new TimeOutRun(id), now).Events,
            _ => Flip()
                ? ForceCancel.Decide(session, new ForceCancel(id, cancelId), now).Events
                : ExpireCancel.Decide(session, new ExpireCancel(id, cancelId), now).Events,
        };
    }

    private bool Flip() => random.Next(2) == 0;
}
