using Ledger.Projections.CheckResults;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Alerts;

/// <summary>
/// The arbitrary lives of many sessions of few checks at few locations, woven into one log: every order, failed tries, cancels at any
/// point.
/// </summary>
internal sealed class RandomWorld
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private static readonly string[] Locations = ["eu", "us"];

    private readonly Random random;
    private readonly RandomWalk walk;
    private readonly Guid[] checks = [Guid.NewGuid(), Guid.NewGuid()];
    private readonly List<Session> sessions = [];

    public RandomWorld(int seed)
    {
        random = new Random(seed);
        walk = new RandomWalk(seed);
        for (var step = 0; step < 180; step++)
        {
            if (sessions.Count == 0 || random.Next(16) == 0)
            {
                Trigger();
            }
            else
            {
                Step(random.Next(sessions.Count));
            }
        }
    }

    /// <summary>The account of all.</summary>
    public static Guid Account { get; } = Guid.Parse("a0000000-0000-4000-8000-000000000007");

    /// <summary>The log.</summary>
    public List<RecordedEvent> Events { get; } = [];

    /// <summary>The results that the log brings, in order.</summary>
    public static IReadOnlyList<ResultFact> ResultsOf(IEnumerable<RecordedEvent> events) => [.. events.Select(ResultFact.Of).OfType<ResultFact>()];

    private void Trigger()
    {
        var kind = (SessionKind)(random.Next(6) switch { 0 => 1, _ => 0 });
        var command = Some.Session(Account, kind, runs: random.Next(1, 4), checkType: random.Next(5) == 0 ? "API" : CheckTypes.Playwright);
        Guid? check = random.Next(12) == 0 ? null : checks[random.Next(checks.Length)];
        command = command with
        {
            Runs = [.. command.Runs.Select(run => run with { CheckId = check, Location = Locations[random.Next(Locations.Length)] })],
        };
        var triggered = TriggerSession.Decide(command, Now).Answer!;
        sessions.Add(Session.Create(triggered));
        Record(triggered);
    }

    private void Step(int which)
    {
        foreach (var data in random.Next(3) == 0 ? walk.Step(sessions[which], Now) : Proceed(sessions[which]))
        {
            sessions[which] = Session.Fold(sessions[which], data);
            Record(data, sessions[which]);
        }
    }

    /// <summary>A step on the way of a run that nobody cancels, so that these are not few: claimed, started, tried in vain, settled.</summary>
    private IReadOnlyList<ISessionEvent> Proceed(Session session)
    {
        var run = session.Runs[random.Next(session.Runs.Length)];
        var (isDegraded, hasFailures) = random.Next(4) switch { 0 => (true, false), 1 => (false, true), _ => (false, false) };
        return run.State switch
        {
            RunState.Queued => ClaimRun.Decide(session, new ClaimRun(run.SequenceId, RandomWalk.Runner, 30), Now).Events,
            RunState.Claimed => StartRun.Decide(session, new StartRun(run.SequenceId, RandomWalk.Runner), Now).Events,
            _ when random.Next(2) == 0 => ReportResult.Decide(
                session, Some.Result(run.SequenceId, RandomWalk.Runner, ResultType.Attempt, hasFailures: true), Now).Events,
            _ => ReportResult.Decide(
                session, Some.Result(run.SequenceId, RandomWalk.Runner, ResultType.Final, hasFailures, isDegraded), Now).Events,
        };
    }

    private DateTimeOffset Now => Start.AddSeconds(Events.Count);

    private void Record(SessionTriggered triggered) => Record(triggered, sessions[^1]);

    private void Record(ISessionEvent data, Session session) => Events.Add(new RecordedEvent(
        1_000 * (Events.Count + 1),
        Guid.NewGuid(),
        new StreamId(session.AccountId, session.Id),
        1,
        data,
        string.Empty,
        EventContext.None));
}
