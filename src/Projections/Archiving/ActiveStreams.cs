using Ledger.Store;
using Npgsql;

namespace Ledger.Projections.Archiving;

/// <summary>
/// Walks through the active streams in the order of their key, page by page, and says which of each page may be archived. The walk costs
/// as much as there are active streams, however many were archived before.
/// </summary>
/// <param name="dataSource">The database.</param>
/// <param name="account">Only this account's; null for all accounts.</param>
/// <param name="before">Only sessions that were settled before this time,</param>
/// <param name="through">and whose last event is at this position or earlier.</param>
internal sealed class ActiveStreams(NpgsqlDataSource dataSource, Guid? account, DateTimeOffset before, long through)
{
    private const int PageSize = 1_000;

    // A tenant that is no account belongs to another application in the same tables.
    private const string Sql = """
        select s.tenant_id, s.id, s.version, l.session_id is not null
        from (
          select tenant_id, id, version from ledger.mt_streams
          where not is_archived and (tenant_id, id) > ($1, $2) and ($3::varchar is null or tenant_id = $3)
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

        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter { Value = tenant, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Varchar });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = last });
        command.Parameters.Add(new NpgsqlParameter
        {
            Value = account?.ToString() ?? (object)DBNull.Value,
            NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Varchar,
        });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = PageSize });
        command.Parameters.Add(new NpgsqlParameter<DateTimeOffset> { TypedValue = before.ToUniversalTime() });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = through });
        var found = new List<(StreamId, long)>();
        var seen = 0;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            seen++;
            (tenant, last) = (reader.GetString(0), reader.GetGuid(1));
            if (reader.GetBoolean(3))
            {
                found.Add((new StreamId(Guid.Parse(tenant), last), reader.GetInt64(2)));
            }
        }

        if (seen < PageSize)
        {
            tenant = null;
        }

        return found;
    }
}
