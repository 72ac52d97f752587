using Ledger.Sessions;
using Ledger.Sessions.Events;
using Ledger.Store;

namespace Ledger.Bench;

/// <summary>Durable appends in this process: one event per command, each on a stream of its own.</summary>
internal static class InProcessAppend
{
    public static Task<Measurement> RunAsync(BenchDatabase database, int producers, TimeSpan duration)
    {
        var account = Guid.NewGuid();
        return Load.RunAsync($"append in process, {producers} producers", producers, duration, async _ =>
        {
            var session = Guid.CreateVersion7();
            var triggered = Trigger(account, session);
            var outcome = await database.Store.AppendAsync(
                new AppendUnit(new StreamAppend(
                    new StreamId(account, session), 0, [new NewEvent(Guid.CreateVersion7(), triggered, EventContext.None)])),
                CancellationToken.None);
            return outcome.Verdict is AppendVerdict.Appended;
        });
    }

    public static SessionTriggered Trigger(Guid account, Guid session) => new(
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
        [new PlannedRun(Guid.CreateVersion7(), null, CheckTypes.Playwright, "Suite", "bench", null)],
        DateTimeOffset.UtcNow);
}
