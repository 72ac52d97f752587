using Ledger.Projections.Daemon;
using Ledger.Projections.Tests.Support;
using Marten;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>A reaction that does nothing, but not before a read model has come as far.</summary>
internal sealed class Follower(string reads, ReadModelProgress progress, NpgsqlDataSource dataSource)
    : Reaction("follower", "type = 'session_triggered'", reads, progress, dataSource, Messages.None)
{
    internal override Task<IReadOnlyList<object>> ReactAsync(
        IDocumentSession session, IReadOnlyList<long> positions, CancellationToken cancellation) => Task.FromResult<IReadOnlyList<object>>([]);
}
