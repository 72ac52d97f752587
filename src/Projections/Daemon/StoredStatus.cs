using Ledger.Projections.Rebuild;
using Npgsql;

namespace Ledger.Projections.Daemon;

/// <summary>What the database says about a projection.</summary>
internal sealed record StoredStatus(
    long Head, long Position, DateTimeOffset? UpdatedAt, string? Owner, StoppedProjection? Stopped, RebuildStatus? Rebuild)
{
    private const string Sql = """
        select (select coalesce(max(seq_id), 0) from ledger.mt_events), coalesce(c.last_seq_id, 0), c.last_updated,
          p.owner, p.stopped_position, p.stopped_error, p.stopped_at,
          r.state, r.position, r.head, r.started_at, r.started_by, r.finished_at, r.differences, r.error, r.keeps_old
        from unnest($1, $2) with ordinality as asked(name, checkpoint, n)
        left join ledger.mt_event_progression c on c.name = asked.checkpoint
        left join ledger.projections p on p.name = asked.checkpoint
        left join ledger.projection_rebuilds r on r.name = asked.name
        order by asked.n
        """;

    /// <summary>In the order of the projections.</summary>
    public static async Task<IReadOnlyList<StoredStatus>> ReadAsync(
        NpgsqlDataSource dataSource, IReadOnlyList<Projection> projections, CancellationToken cancellation)
    {
        await using var command = dataSource.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. projections.Select(projection => projection.Name)] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. projections.Select(projection => projection.Checkpoint)] });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var statuses = new List<StoredStatus>();
        while (await reader.ReadAsync(cancellation))
        {
            statuses.Add(new StoredStatus(
                reader.GetInt64(0),
                reader.GetInt64(1),
                reader.GetFieldValue<DateTimeOffset?>(2),
                reader.GetStringOrNull(3),
                reader.IsDBNull(4)
                    ? null
                    : new StoppedProjection(reader.GetInt64(4), reader.GetString(5), reader.GetFieldValue<DateTimeOffset>(6)),
                reader.IsDBNull(7) ? null : ReadRebuild(reader)));
        }

        return statuses;
    }

    private static RebuildStatus ReadRebuild(NpgsqlDataReader row) => new(
        Words<RebuildState>.Read(row.GetString(7)),
        row.GetInt64(8),
        row.GetInt64(9),
        row.GetFieldValue<DateTimeOffset>(10),
        row.GetString(11))
    {
        FinishedAt = row.GetFieldValue<DateTimeOffset?>(12),
        Differences = row.GetFieldValue<long?>(13),
        Error = row.GetStringOrNull(14),
        KeepsOld = row.GetBoolean(15),
    };
}
