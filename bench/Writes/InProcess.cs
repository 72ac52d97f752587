using System.Collections.Concurrent;
using Ledger.Http.Settings;
using Ledger.Sessions;
using Ledger.Store;
using Ledger.Streams;

namespace Ledger.Bench.Writes;

/// <summary>The writer of the product in this process, without HTTP: one event per command.</summary>
internal sealed class InProcess(BenchDatabase database, int producers) : IAsyncDisposable
{
    private readonly Guid account = Guid.NewGuid();
    private readonly ConcurrentQueue<(StreamId Stream, Guid Run)> queued = new();
    private readonly SessionWriter sessions = new(
        database.Store, database.Log, new SessionCache(new CacheSettings().Megabytes * 1024L * 1024L), new SessionChanges(), TimeProvider.System);

    /// <summary>Begins a stream with each command.</summary>
    public Task<Load> OnNewStreamsAsync(TimeSpan duration) => Load.RunAsync(producers, duration, async _ =>
    {
        var (made, refusal) = await sessions.TriggerAsync([Suites.Trigger(account, Guid.CreateVersion7())], EventContext.None);
        var snapshot = refusal is null ? made[0] : throw new InvalidOperationException(refusal.Message);
        queued.Enqueue((snapshot.Stream, snapshot.Session.Runs[0].SequenceId));
        return true;
    });

    /// <summary>Decides on a stream that is there, and appends to it: a runner claims the run. The state is in the cache, or is read.</summary>
    public Task<Load> OnExistingStreamsAsync(TimeSpan duration) => Load.RunAsync(producers, duration, async _ =>
    {
        if (!queued.TryDequeue(out var next))
        {
            return false;
        }

        var claim = new ClaimRun(next.Run, "bench", Suites.LeaseSeconds);
        var executed = await sessions.ExecuteAsync(next.Stream, (session, now) => ClaimRun.Decide(session, claim, now), EventContext.None);
        return executed.Decision.Refusal is { } refusal ? throw new InvalidOperationException(refusal.Message) : true;
    });

    public ValueTask DisposeAsync() => sessions.DisposeAsync();
}
