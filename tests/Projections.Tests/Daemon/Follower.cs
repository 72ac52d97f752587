using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Ledger.Sessions.Events;
using Ledger.Store;
using Marten;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>A reaction that does nothing, but not before a read model has come as far.</summary>
internal sealed class Follower(string reads, ReadModelProgress progress) : Reaction("follower", reads, progress, Messages.None, typeof(SessionTriggered))
{
    internal override Task<IReadOnlyList<object>> ReactAsync(
        IDocumentOperations operations, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<object>>([]);
}
