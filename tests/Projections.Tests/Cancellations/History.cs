using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.Cancellations;

/// <summary>The arbitrary lives of many sessions of a few checks, interleaved in one log, without a store.</summary>
internal sealed class History
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 21, 40, 0, TimeSpan.Zero);

    private readonly Random random;
    private readonly RandomWalk walk;
    private readonly Guid[] accounts = [Guid.NewGuid(), Guid.NewGuid()];
    private readonly Guid[] checks = [Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid()];

    public History(int seed, int sessions, int steps)
    {
        random = new Random(seed);
        walk = new RandomWalk(seed);
        var lives = Enumerable.Range(0, sessions).Select(_ => Begin()).ToList();
        for (var step = 0; step < steps; step++)
        {
            var at = random.Next(lives.Count);
            lives[at] = Step(lives[at]);
        }
    }

    public List<RecordedEvent> Events { get; } = [];

    /// <summary>A second or so after each event: enough for several hours.</summary>
    private DateTimeOffset Now => Start.AddMilliseconds(Events.Count * 7_919L);

    private Session Begin()
    {
        var only = CheckOrNone();
        var command = walk.Trigger(accounts[random.Next(accounts.Length)]);
        var triggered = TriggerSession.Decide(
            command with
            {
                Project = random.Next(3) == 0 ? null : $"project-{random.Next(3)}",
                Runs =
                [
                    .. command.Runs.Select(run => run with
                    {
                        CheckId = command.Kind is SessionKind.Check ? only : CheckOrNone(),
                        Location = random.Next(2) == 0 ? "eu-central-1" : "us-east-1",
                    }),
                ],
            },
            Now).Answer!;
        Record(new StreamId(triggered.AccountId, triggered.SessionId), triggered);
        return Session.Create(triggered);
    }

    private Guid? CheckOrNone() => random.Next(5) == 0 ? null : checks[random.Next(checks.Length)];

    private Session Step(Session session)
    {
        foreach (var data in random.Next(12) == 0 ? Cancel(session) : walk.Step(session, Now))
        {
            Record(new StreamId(session.AccountId, session.Id), data);
            session = Session.Fold(session, data);
        }

        return session;
    }

    /// <summary>A cancel by somebody else, for another cause, of runs that may not be there.</summary>
    private IReadOnlyList<ISessionEvent> Cancel(Session session) => RequestCancel.Decide(
        session,
        new RequestCancel(
            Guid.NewGuid(),
            new Actor((ActorKind)random.Next(3), $"actor-{random.Next(3)}", random.Next(2) == 0 ? "Dana" : null),
            (CancelVia)random.Next(7),
            (CancelCause)random.Next(6),
            random.Next(2) == 0 ? "=1+1" : null,
            Force: random.Next(3) == 0,
            random.Next(2) == 0 ? [session.Runs[0].SequenceId, Guid.NewGuid()] : null,
            Origin: random.Next(2) == 0 ? new Dictionary<string, string> { ["source"] = "test" } : null),
        CancelPolicy.Default,
        Now).Events;

    private void Record(StreamId stream, ISessionEvent data) => Events.Add(new RecordedEvent(
        Events.Count + 1, Guid.NewGuid(), stream, 1, data, string.Empty, EventContext.None));
}
