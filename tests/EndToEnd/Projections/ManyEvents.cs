using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;
using Ledger.Store.Postgres;
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
        await using var store = new PostgresEventStore(source);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, sessions).Chunk(SessionsPerUnit),
            new ParallelOptions { MaxDegreeOfParallelism = 4 },
            async (chunk, cancellation) =>
            {
                var unit = new AppendUnit([.. chunk.Select(number => LifeOf(account, number))], []);
                (await store.AppendAsync(unit, cancellation)).Verdict.ShouldBe(AppendVerdict.Appended);
            });
    }

    private static StreamAppend LifeOf(Guid account, int number)
    {
        var (session, run, now) = (Guid.CreateVersion7(), Guid.NewGuid(), DateTimeOffset.UtcNow);
        var check = new Guid(number % 50, 0, 0, new byte[8]);
        ISessionEvent[] events =
        [
            new SessionTriggered(
                session, account, SessionKind.Check, null, "many", SessionSource.TriggerApi, new Actor(ActorKind.ApiKey, "many"), null,
                ConflictBehaviour.Queue, null, [new PlannedRun(run, check, CheckTypes.Playwright, "many", "nowhere", null)], now),
            new RunClaimed(run, "runner", 3_600, now),
            new RunStarted(run, "runner", now),
            new ResultReported(
                Guid.NewGuid(), run, "runner", ResultType.Final, Settles: true, HasFailures: number % 7 == 0, false, false, false, false, 100,
                null, null, 1, null, now),
        ];
        return new StreamAppend(
            new StreamId(account, session), 0, [.. events.Select(data => new NewEvent(Guid.CreateVersion7(), data, EventContext.None))]);
    }
}
