namespace Ledger.Projections.Archiving;

/// <summary>
/// Archives sessions that were settled long ago and that every projection has come past (docs/archiving.md): marks their streams as Marten
/// does, so that its queries and daemon pass them by. Nothing that the ledger reads changes: its reads look at both, and a late append takes
/// the mark off again. Two of them at once archive each session once.
/// </summary>
/// <param name="readModels">Says how far the read models have come.</param>
public sealed class Archiver(NpgsqlDataSource dataSource, ReadModelOperations readModels)
{
    private const int PageSize = 1_000;

    // A batch is one transaction, and keeps appends waiting.
    private const int SessionsPerBatch = 32;
    private const long EventsPerBatch = 1_000;

    // Walks through the active streams in the order of their key, and says which may be archived: it costs as much as there are active ones,
    // however many were archived before. A tenant that is no account belongs to another application in the same tables.
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

    // What Marten itself does to one stream, for many, and only where nothing was appended since the version was read.
    private const string MoveSql = """
        with moved as (
          update ledger.mt_streams s set is_archived = true
          from unnest($1, $2, $3) as a(tenant, stream, version)
          where s.tenant_id = a.tenant and s.id = a.stream and s.version = a.version and not s.is_archived
          returning s.tenant_id, s.id
        ),
        events as (
          update ledger.mt_events e set is_archived = true from moved m
          where e.tenant_id = m.tenant_id and e.stream_id = m.id and not e.is_archived
        )
        select count(*)::int from moved
        """;

    /// <summary>Archives what may be archived.</summary>
    /// <param name="account">Only this account's sessions; null for those of all accounts.</param>
    /// <param name="before">Only sessions that were settled before this time.</param>
    /// <param name="limit">How many sessions at most.</param>
    /// <returns>How many sessions were archived.</returns>
    /// <exception cref="NpgsqlException">The database cannot be reached.</exception>
    public async Task<int> ArchiveAsync(Guid? account, DateTimeOffset before, int limit, CancellationToken cancellation)
    {
        var through = (await readModels.StatusAsync(cancellation)).Min(projection => projection.Position);
        var archived = 0;
        for ((string Tenant, Guid Id)? place = (account?.ToString() ?? "", Guid.Empty); place is { } after && archived < limit;)
        {
            var page = await dataSource.QueryAsync(
                PageSql,
                [after.Tenant, after.Id, account?.ToString(), PageSize, before.ToUniversalTime(), through],
                row => new ActiveStream(row.GetString(0), row.GetGuid(1), row.GetInt64(2), row.GetBoolean(3)),
                cancellation);
            place = page.Count == PageSize ? (page[^1].Tenant, page[^1].Id) : null;
            var due = page.FindAll(stream => stream.IsDue);
            while (due.Count > 0 && archived < limit)
            {
                var batch = BatchOf(due, limit - archived);
                due.RemoveRange(0, batch.Count);
                var moved = await dataSource.QueryAsync(
                    MoveSql,
                    [batch.ConvertAll(stream => stream.Tenant), batch.ConvertAll(stream => stream.Id), batch.ConvertAll(stream => stream.Version)],
                    row => row.GetInt32(0),
                    cancellation);
                archived += moved[0];
            }
        }

        return archived;
    }

    private static List<ActiveStream> BatchOf(List<ActiveStream> due, int limit)
    {
        var events = 0L;
        return [.. due.Take(Math.Min(limit, SessionsPerBatch)).TakeWhile(stream => (events += stream.Version) - stream.Version < EventsPerBatch)];
    }

    private sealed record ActiveStream(string Tenant, Guid Id, long Version, bool IsDue);
}
