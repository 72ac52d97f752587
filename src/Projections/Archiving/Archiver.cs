using Ledger.Projections.Daemon;
using Ledger.Store;
using Ledger.Store.Postgres;
using Npgsql;

namespace Ledger.Projections.Archiving;

/// <summary>
/// Archives sessions that were settled long ago and that every projection has come past (docs/archiving.md). In small batches, since each
/// keeps appends waiting. Two of them at once archive each session once.
/// </summary>
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

/// <summary>
/// Walks through the active streams in the order of their key, page by page, and says which of each page may be archived. The walk costs
/// as much as there are active streams, however many were archived before.
/// </summary>
/// <param name="account">Only this account's; null for all accounts.</param>
/// <param name="before">Only sessions that were settled before this time,</param>
/// <param name="through">and whose last event is at this position or earlier.</param>
internal sealed class ActiveStreams(NpgsqlDataSource dataSource, Guid? account, DateTimeOffset before, long through)
{
    private const int PageSize = 1_000;

    // A tenant that is no account belongs to another application in the same tables.
    private const string PageSql = """
        select s.tenant_id, s.id, s.version, l.session_id is not null
        from (
          select tenant_id, id, version from ledger.mt_streams
          where not is_archived and (tenant_id, id) > ($1::varchar, $2) and ($3::varchar is null or tenant_id = $3::varchar)
          order by tenant_id, id limit $4
        ) s
        left join ledger.session_list l
          on l.account_id = case when s.tenant_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then s.tenant_id::uuid end
            and l.session_id = s.id and l.settled_at < $5 and l.last_position <= $6
        order by s.tenant_id, s.id
        """;

    private string? tenant = account?.ToString() ?? "";
    private Guid last;

    /// <summary>Those of the next page that may be archived, each with its version; null after the last page.</summary>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<IReadOnlyList<(StreamId Stream, long Version)>?> NextAsync(CancellationToken cancellation)
    {
        if (tenant is null)
        {
            return null;
        }

        var page = await dataSource.QueryAsync(
            PageSql,
            [tenant, last, account?.ToString(), PageSize, before.ToUniversalTime(), through],
            row => (Tenant: row.GetString(0), Id: row.GetGuid(1), Version: row.GetInt64(2), IsDue: row.GetBoolean(3)),
            cancellation);
        (tenant, last) = page.Count == PageSize ? (page[^1].Tenant, page[^1].Id) : (null, last);
        return [.. page.Where(found => found.IsDue).Select(found => (new StreamId(Guid.Parse(found.Tenant), found.Id), found.Version))];
    }
}
