using Ledger.Projections.Daemon;
using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Tests.Daemon;

/// <summary>A reaction that does nothing, but not before another projection has come as far.</summary>
internal sealed class Follower(string required) : Projection("follower", 1)
{
    public override IReadOnlyList<string> Requires => [required];

    internal override Task<IReadOnlyList<NpgsqlBatchCommand>> PrepareAsync(
        NpgsqlConnection connection, IReadOnlyList<RecordedEvent> events, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<NpgsqlBatchCommand>>([]);
}
