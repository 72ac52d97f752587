using Ledger.Projections.Daemon;
using Ledger.Store;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Projections.Archiving;

/// <summary>
/// Archives sessions that were settled long ago and that every projection has come past (docs/archiving.md). In small batches, since each
/// keeps appends waiting. Two of them at once archive each session once.
/// </summary>
/// <param name="dataSource">The database.</param>
/// <param name="readModels">Says how far the read models have come.</param>
public sealed class Archiver(NpgsqlDataSource dataSource, ReadModelOperations readModels)
{
    private const int SessionsPerBatch = 32;
    private const long EventsPerBatch = 1_000;

    private readonly StreamArchive archive = new(dataSource);

    /// <summary>Archives what may be archived.</summary>
    /// <param name="account">Only this account's sessions; null for those of all accounts.</param>
    /// <param name="before">Only sessions that were settled before this time.</param>
    /// <param name="limit">How many sessions at most.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <returns>How many sessions were archived.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    /// <exception cref="StoreUnavailableException">The database cannot be reached.</exception>
    public async Task<int> ArchiveAsync(Guid? account, DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        var through = (await readModels.StatusAsync(cancellation)).Min(projection => projection.Position);
        var active = new ActiveStreams(dataSource, account, before, through);
        var archived = 0;
        while (archived < limit && await active.NextAsync(cancellation) is { } page)
        {
            for (var next = 0; next < page.Count && archived < limit;)
            {
                var batch = BatchOf(page, next, limit - archived);
                archived += await archive.ArchiveAsync(batch, cancellation);
                next += batch.Count;
            }
        }

        return archived;
    }

    private static List<(StreamId Stream, long Version)> BatchOf(
        IReadOnlyList<(StreamId Stream, long Version)> page, int from, int limit)
    {
        var batch = new List<(StreamId Stream, long Version)>();
        var events = 0L;
        for (var at = from; at < page.Count && batch.Count < Math.Min(limit, SessionsPerBatch) && events < EventsPerBatch; at++)
        {
            batch.Add(page[at]);
            events += page[at].Version;
        }

        return batch;
    }
}
