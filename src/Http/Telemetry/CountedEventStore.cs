using System.Diagnostics;
using Ledger.Store;
using Ledger.Telemetry;

namespace Ledger.Http.Telemetry;

/// <summary>The event store, with what it is handed counted and timed.</summary>
internal sealed class CountedEventStore(IEventStore store, LedgerMetrics metrics) : IEventStore
{
    public async Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation)
    {
        var began = Stopwatch.GetTimestamp();
        try
        {
            var outcome = await store.AppendAsync(unit, cancellation);
            metrics.Decided(outcome.Verdict, Stopwatch.GetElapsedTime(began));
            if (outcome.Verdict is AppendVerdict.Appended)
            {
                metrics.Committed([.. unit.Appends.SelectMany(append => append.Events).Select(added => added.Data)]);
            }

            return outcome;
        }
        catch (StoreUnavailableException)
        {
            metrics.Failed(LedgerMetrics.Unavailable);
            throw;
        }
        catch (UnstorableEventException)
        {
            metrics.Failed(LedgerMetrics.Unstorable);
            throw;
        }
    }

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        store.ReadStreamAsync(stream, afterVersion, cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) =>
        store.ReadStreamsAsync(streams, cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        store.ReadAllAsync(afterPosition, limit, cancellation);

    public Task<long> ReadHeadAsync(CancellationToken cancellation) => store.ReadHeadAsync(cancellation);

    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation) =>
        store.FindAnswerAsync(accountId, scope, key, cancellation);
}
