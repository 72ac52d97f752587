using Ledger.Sessions;
using Ledger.Sessions.Events;

namespace Ledger.Bench;

/// <summary>The sessions that are measured with: a check with one run, as a suite of Playwright tests is.</summary>
internal static class Suites
{
    /// <summary>The lease of a run that is held: nothing runs out during a measurement.</summary>
    public const int LeaseSeconds = 3_600;

    /// <summary>The command that begins one.</summary>
    public static TriggerSession Trigger(Guid account, Guid session) => new(
        session,
        account,
        SessionKind.Check,
        null,
        "Suite",
        SessionSource.TriggerApi,
        new Actor(ActorKind.ApiKey, "bench"),
        null,
        ConflictBehaviour.Queue,
        null,
        [new PlannedRun(Guid.CreateVersion7(), null, CheckTypes.Playwright, "Suite", "bench", null)]);

    /// <summary>What that command records.</summary>
    public static SessionTriggered Triggered(Guid account, Guid session) =>
        TriggerSession.Decide(Trigger(account, session), DateTimeOffset.UtcNow).Answer!;

    /// <summary>What events say of its run.</summary>
    public static RunFacts FactsOf(SessionTriggered triggered) => Session.Create(triggered).FactsOf(new Run(triggered.Runs[0], RunState.Queued));

    /// <summary>One whose run a runner is executing, so that a cancel of it is exactly one event.</summary>
    public static IReadOnlyList<ISessionEvent> Running(Guid account, Guid session)
    {
        var triggered = Triggered(account, session);
        var run = triggered.Runs[0].SequenceId;
        var facts = FactsOf(triggered);
        return [triggered, new RunClaimed(run, facts, "bench", LeaseSeconds, triggered.At), new RunStarted(run, facts, "bench", triggered.At)];
    }
}
