using Ledger.Store;

namespace Ledger.Http.Tests.Dialects.TesterArmy;

/// <summary>An event store that fails while it is told to.</summary>
internal sealed class FaultyStore(IEventStore store) : IEventStore
{
    private volatile Exception? fault;

    /// <summary>Fails with this until the answer is disposed.</summary>
    public IDisposable FailWith(Exception failure)
    {
        fault = failure;
        return new Repair(this);
    }

    public Task<AppendOutcome> AppendAsync(AppendUnit unit, CancellationToken cancellation) =>
        Sound().AppendAsync(unit, cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamAsync(StreamId stream, long afterVersion, CancellationToken cancellation) =>
        Sound().ReadStreamAsync(stream, afterVersion, cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadStreamsAsync(
        IReadOnlyList<(StreamId Stream, long AfterVersion)> streams, CancellationToken cancellation) =>
        Sound().ReadStreamsAsync(streams, cancellation);

    public Task<IReadOnlyList<RecordedEvent>> ReadAllAsync(long afterPosition, int limit, CancellationToken cancellation) =>
        Sound().ReadAllAsync(afterPosition, limit, cancellation);

    public Task<long> ReadHeadAsync(CancellationToken cancellation) => Sound().ReadHeadAsync(cancellation);

    public Task<RememberedAnswer?> FindAnswerAsync(Guid accountId, string scope, string key, CancellationToken cancellation) =>
        Sound().FindAnswerAsync(accountId, scope, key, cancellation);

    private IEventStore Sound() => fault is null ? store : throw fault;

    private sealed class Repair(FaultyStore faulty) : IDisposable
    {
        public void Dispose() => faulty.fault = null;
    }
}
