using Ledger.Sessions;
using Ledger.Sessions.Events;
using Npgsql;

namespace Ledger.EndToEnd.Projections;

/// <summary>Writes sessions by the thousand, as another host would.</summary>
internal static class ManyEvents
{
    private const int SessionsPerUnit = 200;

    /// <summary>Sessions of one run each, which passes or fails: four events.</summary>
    public static async Task WriteAsync(string connectionString, Guid account, int sessions)
    {
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var store = LedgerStore.Open(source);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, sessions).Chunk(SessionsPerUnit),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (chunk, cancellation) =>
            {
                await using var session = store.LightweightSession(account.ToString());
                foreach (var number in chunk)
                {
                    var events = LifeOf(account, number);
                    session.Events.StartStream<Session>(((SessionTriggered)events[0]).SessionId, events.Cast<object>());
                }

                await session.SaveChangesAsync(cancellation);
            });
    }

    private static ISessionEvent[] LifeOf(Guid account, int number)
    {
        var (session, run, now) = (Guid.CreateVersion7(), Guid.NewGuid(), DateTimeOffset.UtcNow);
        var check = new Guid(number % 50, 0, 0, new byte[8]);
        var facts = new RunFacts(SessionKind.Check, null, check, CheckTypes.Playwright, "many", "nowhere", null, null, null);
        return
        [
            new SessionTriggered(
                session, account, SessionKind.Check, null, "many", SessionSource.TriggerApi, new Actor(ActorKind.ApiKey, "many"), null,
                ConflictBehaviour.Queue, null, [new PlannedRun(run, check, CheckTypes.Playwright, "many", "nowhere", null)], now),
            new RunClaimed(run, facts, "runner", 3_600, now),
            new RunStarted(run, facts, "runner", now),
            new ResultReported(
                Guid.NewGuid(), run, facts with { StartedAt = now }, "runner", ResultType.Final, Settles: true, HasFailures: number % 7 == 0, false, false, false, false, 100,
                null, null, 1, null, now),
        ];
    }
}
