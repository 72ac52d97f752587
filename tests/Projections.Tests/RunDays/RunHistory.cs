using System.Globalization;
using System.Text.Json;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Projections.Tests.RunDays;

/// <summary>Sessions of all kinds with arbitrary lives, their events mixed in one log over some days.</summary>
internal sealed class RunHistory
{
    private static readonly DateTimeOffset Start = new(2026, 8, 17, 22, 0, 0, TimeSpan.Zero);
    private static readonly Guid[] Accounts = [Guid.NewGuid(), Guid.NewGuid()];

    private readonly List<Session> sessions = [];
    private readonly List<RecordedEvent> events = [];
    private readonly Random random;

    public RunHistory(Random random, int sessions)
    {
        this.random = random;
        var walk = new RandomWalk(random.Next());
        for (var step = 0; step < sessions * 15; step++)
        {
            var now = Start.AddMinutes(10 * step);
            if (this.sessions.Count < sessions && random.Next(4) == 0)
            {
                var triggered = TriggerSession.Decide(Command(), now).Answer!;
                this.sessions.Add(Session.Create(triggered));
                Record(triggered, this.sessions[^1]);
            }
            else if (this.sessions.Count > 0)
            {
                Live(random.Next(this.sessions.Count), walk, now);
            }
        }
    }

    public IReadOnlyList<Session> Sessions => sessions;

    public IReadOnlyList<RecordedEvent> Events => events;

    private void Live(int at, RandomWalk walk, DateTimeOffset now)
    {
        foreach (var data in walk.Step(sessions[at], now).Select(WithTests))
        {
            sessions[at] = Session.Fold(sessions[at], data);
            Record(data, sessions[at]);
        }
    }

    private void Record(ISessionEvent data, Session session) => events.Add(new RecordedEvent(
        events.Count + 1, Guid.NewGuid(), new StreamId(session.AccountId, session.Id), 1, data, string.Empty, EventContext.None));

    private TriggerSession Command()
    {
        var facts = new Dictionary<string, object>();
        if (random.Next(3) > 0)
        {
            facts["environment"] = Pick("staging", "production");
        }

        if (random.Next(3) > 0)
        {
            facts["branchName"] = Pick("main", "feature");
        }

        if (random.Next(3) == 0)
        {
            facts["rerun_source_id"] = 7;
        }

        return Some.Session(Accounts[random.Next(2)], random.Next(5) == 0 ? SessionKind.Check : SessionKind.Run) with
        {
            Project = random.Next(2) == 0 ? null : "shop",
            Metadata = JsonSerializer.SerializeToElement(facts),
        };
    }

    private ISessionEvent WithTests(ISessionEvent data) => data is ResultReported result && random.Next(4) > 0
        ? result with
        {
            Details = JsonSerializer.SerializeToElement(new
            {
                testCases = Enumerable.Range(0, random.Next(5)).Select(n => new
                {
                    title = n.ToString(CultureInfo.InvariantCulture),
                    status = Pick("passed", "failed", "timedOut", "flaky", "skipped", "interrupted", "unheard-of"),
                }).ToArray(),
            }),
        }
        : data;

    private string Pick(params ReadOnlySpan<string> words) => words[random.Next(words.Length)];
}
